import { Buffer } from 'node:buffer'
import { type FieldFault, secretCharsMin } from '@sallyport/contracts'

/** Texts by the field that they came in. Those that are undefined or null are none. */
export type ClearTexts = Readonly<Record<string, unknown>>

/**
 * Where a password stands in what is stored in the clear and read by agents: nothing but the sealed credential holds one
 * (S-38).
 */
export function faultsOfSecret(password: string | undefined, texts: ClearTexts): FieldFault[] {
  if (password === undefined || password.length < secretCharsMin) return []
  const forms = [
    password,
    JSON.stringify(password).slice(1, -1),
    encodeURIComponent(password),
    Buffer.from(password).toString('base64'),
  ].map((form) => form.toLowerCase())
  return Object.entries(texts).flatMap(([field, value]) => {
    if (value === undefined || value === null) return []
    const text = (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).toLowerCase()
    return forms.some((form) => text.includes(form))
      ? [{ field, message: 'must not hold the password: it is stored in the clear' }]
      : []
  })
}
