import { CheckboxField, LinesField, TextField } from './form-fields.tsx'

/** What few connections need: fields of a form over a connection. */
export function ConnectionAdvanced() {
  const plain = { spellCheck: false, autoCapitalize: 'none', autoComplete: 'off' }
  return (
    <>
      <TextField
        name="testUrl"
        label="URL to test the key with"
        hint="A GET that the API answers only with a good key, at one of the addresses above."
        optional
        inputMode="url"
        {...plain}
      />
      <LinesField
        name="requestHeaders"
        label="Headers that agents may send"
        hint="One a line, beside the usual ones (accept, content-type, if-match, …)."
        optional
        {...plain}
      />
      <LinesField
        name="responseHeaders"
        label="Headers of answers that agents may see"
        hint="One a line, beside the usual ones (content-type, etag, link, rate limits, …)."
        optional
        {...plain}
      />
      <CheckboxField
        name="allowEncodedSlash"
        label="Accept %2F in paths"
        hint="Only for APIs that need it, such as GitLab’s project paths."
      />
    </>
  )
}
