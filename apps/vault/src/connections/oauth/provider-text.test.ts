import fc from 'fast-check'
import { expect, it } from 'vitest'
import { verifies } from '../../../../../test/verifies.ts'
import { readProviderText } from './provider-text.ts'

it('is one bounded line of printable ASCII, whatever was written and whatever is secret', () => {
  const anyText = fc.string({ unit: 'binary', maxLength: 500 })
  const anySecret = fc.oneof(anyText, fc.constantFrom('\ud800', '\udc00x', '%'))
  fc.assert(
    fc.property(anyText, fc.array(anySecret, { maxLength: 3 }), (text, secrets) => {
      expect(readProviderText(text, secrets)).toMatch(/^(…|[\x20-\x7e]){0,200}$/)
    }),
  )
})

it('says nothing where it holds a secret, as it is or as it may have been written', () => {
  verifies('S-38')
  const secret = 'a+secret/of = äöü 7f3a'
  const forms = [
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(encodeURIComponent(secret)),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
  ]
  for (const form of forms) {
    expect(readProviderText(`the code ${form} is not known`, [secret])).toBe('')
  }
  expect(readProviderText('the code is not known', [secret])).toBe('the code is not known')
})

it('finds a short secret within what was made of it', () => {
  verifies('S-38')
  const secret = 's3cr3t/+'
  const bytes = Buffer.from(secret)
  const forms = [
    `100% of ${encodeURIComponent(secret).toLowerCase()}`,
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    secret.toUpperCase(),
    // What was sent with HTTP Basic.
    ...['', 'a', 'ab', 'abc'].flatMap((id) =>
      (['base64', 'base64url'] as const).map((encoding) =>
        Buffer.from(`${id}:${secret}`).toString(encoding),
      ),
    ),
  ]
  for (const form of forms) expect(readProviderText(`Not ${form} again`, [secret])).toBe('')
})
