import { Problem } from '@sallyport/contracts'

/** The exact bytes of a body and what they are. */
export interface RequestBody {
  readonly bytes: Uint8Array
  readonly contentType: string
}

const formType = 'application/x-www-form-urlencoded'
const base64Key = '$base64'

function refuse(detail: string, next: string): never {
  throw new Problem('invalid-input', detail, { next, fields: [{ field: 'body', message: detail }] })
}

/**
 * Makes the bytes of a body, once: a string as it stands; `{ $base64, contentType? }` as the bytes it spells; an object as
 * form fields where the content type says so; anything else as JSON. `null` and nothing are no body.
 * @param declared the agent's own content-type header, where it gave one
 * @throws Problem invalid-input where body and content type do not fit, or the body cannot be written
 */
export function encodeBody(body: unknown, declared: string | undefined): RequestBody | undefined {
  if (body === undefined || body === null) return undefined
  if (typeof body === 'string') {
    return { bytes: toBytes(body), contentType: declared ?? 'text/plain; charset=utf-8' }
  }
  if (typeof body === 'object' && Object.hasOwn(body, base64Key)) {
    return encodeBase64(body as Record<string, unknown>, declared)
  }
  const essence = (declared ?? 'application/json').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (essence === formType) return { bytes: encodeForm(body), contentType: declared ?? formType }
  if (!/^application\/(?:json|[a-z0-9!#$&^_.+-]+\+json)$/.test(essence)) {
    refuse(
      `A body that is not a string cannot be sent as ${essence}.`,
      'Give the body as a string, or leave the content type out to send JSON.',
    )
  }
  return { bytes: encodeJson(body), contentType: declared ?? 'application/json' }
}

function toBytes(text: string): Uint8Array {
  if (/\p{Surrogate}/u.test(text)) {
    refuse('The body holds half a character.', 'Send it as {"$base64": …} if it is not text.')
  }
  return Buffer.from(text, 'utf8')
}

function encodeJson(body: unknown): Uint8Array {
  try {
    return Buffer.from(JSON.stringify(body), 'utf8')
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    return refuse('The body is nested too deeply.', 'Send it as a string.')
  }
}

function encodeForm(body: unknown): Uint8Array {
  const shape = 'A form body is an object of strings, numbers and booleans, or lists of them.'
  const next = 'Give such an object, or the encoded form as a string.'
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return refuse(shape, next)
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(body)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one !== 'string' && typeof one !== 'number' && typeof one !== 'boolean') {
        refuse(shape, next)
      }
      if (/\p{Surrogate}/u.test(name + one)) refuse('The form holds half a character.', next)
      form.append(name, String(one))
    }
  }
  return Buffer.from(form.toString(), 'latin1')
}

function encodeBase64(
  body: Readonly<Record<string, unknown>>,
  declared: string | undefined,
): RequestBody {
  const {
    [base64Key]: text,
    contentType = declared ?? 'application/octet-stream',
    ...others
  } = body
  const next = 'Give {"$base64": "…", "contentType": "…"} and nothing else.'
  if (
    typeof text !== 'string' ||
    typeof contentType !== 'string' ||
    Object.keys(others).length > 0
  ) {
    return refuse('A body with $base64 holds only that and contentType.', next)
  }
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text)
    return refuse('The $base64 is not base64 (RFC 4648 §4).', next)
  if (!/^[\x20-\x7e]{1,256}$/.test(contentType)) {
    return refuse('The contentType of the body is not a media type.', next)
  }
  if (declared !== undefined && declared !== contentType) {
    return refuse('The contentType of the body is not the content-type header.', next)
  }
  return { bytes, contentType }
}
