import { useState } from 'react'
import { get, useController, useFormContext } from 'react-hook-form'
import { Field } from './field.tsx'
import { Textarea } from './input.tsx'
import { toOrigin } from './to-origin.ts'

const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** Where a key may go: one address a line. A whole URL that is pasted becomes its origin when the field is left. */
export function OriginsField({ name = 'origins' }: { name?: string }) {
  const { formState } = useFormContext()
  const { field } = useController({ name })
  const origins: readonly string[] = Array.isArray(field.value) ? field.value : []
  const [text, setText] = useState(origins.join('\n'))
  const leave = () => {
    const tidied = [...new Set(linesOf(text).map((line) => String(toOrigin(line))))]
    setText(tidied.join('\n'))
    field.onChange(tidied)
    field.onBlur()
  }
  return (
    <Field
      label="Addresses of the API"
      hint="One a line, such as https://api.example.com. The credential is only ever sent to these, whatever a policy says."
      error={faultOf(get(formState.errors, name))}
    >
      {(aria) => (
        <Textarea
          {...aria}
          ref={field.ref}
          name={name}
          rows={2}
          inputMode="url"
          spellCheck={false}
          autoCapitalize="none"
          value={text}
          onChange={({ target }) => {
            setText(target.value)
            field.onChange(linesOf(target.value))
          }}
          onBlur={leave}
        />
      )}
    </Field>
  )
}

/** The first fault of a list, or of a line of it. */
function faultOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if (Array.isArray(error)) {
    const at = error.findIndex((one) => faultOf(one) !== undefined)
    return at < 0 ? undefined : `Line ${at + 1}: ${faultOf(error[at])}`
  }
  if ('message' in error && typeof error.message === 'string' && error.message !== '') {
    return `It ${error.message}.`
  }
  return 'root' in error ? faultOf(error.root) : undefined
}
