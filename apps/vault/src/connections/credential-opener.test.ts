import { inspect } from 'node:util'
import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { type CredentialContext, createCredentialOpener } from './credential-opener.ts'

const row = {
  id: 'con_1',
  workspaceId: 'wsp_1',
  version: 1,
  credentialKind: 'bearer' as const,
  origins: ['https://api.example.com'],
  sealed: Buffer.from('{"kind":"bearer","token":"correct-horse"}'),
}

/** Opens everything to its own bytes, for one context only, and counts. */
function createCountingKeyring(only: Partial<CredentialContext> = {}) {
  const counted = { opened: 0, failing: false }
  return {
    counted,
    seal: async (_: CredentialContext, plaintext: Uint8Array) => plaintext,
    open: async (context: CredentialContext, sealed: Uint8Array) => {
      counted.opened++
      const fits = Object.entries(only).every(
        ([name, value]) => JSON.stringify(Reflect.get(context, name)) === JSON.stringify(value),
      )
      if (!fits || counted.failing) throw new Problem('credential-unreadable')
      return sealed
    },
  }
}

const typeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'opened',
    (error: unknown) => (error instanceof Problem ? error.type : error),
  )

describe('the credential opener', () => {
  it('does not let a row whose origins were changed profit from what it keeps', async () => {
    verifies('S-33')
    const keyring = createCountingKeyring({ origins: row.origins, rowVersion: 1 })
    const opener = createCredentialOpener({ keyring })
    await opener.open(row)
    const widened = { ...row, origins: [...row.origins, 'https://attacker.example'] }
    expect(await typeOf(opener.open(widened))).toBe('credential-unreadable')
    expect(await typeOf(opener.open({ ...row, version: 2 }))).toBe('credential-unreadable')
    expect(await typeOf(opener.open(row))).toBe('opened')
  })

  it.each([
    ['another workspace', { workspaceId: 'wsp_2' }],
    ['another version', { version: 2 }],
    ['another origin', { origins: ['https://b.example'] }],
    ['one origin more', { origins: ['https://api.example.com', 'https://b.example'] }],
    ['other sealed bytes', { sealed: Buffer.from('{"kind":"bearer","token":"battery-staple"}') }],
  ])('opens anew for %s', async (_, change) => {
    const keyring = createCountingKeyring()
    const opener = createCredentialOpener({ keyring })
    await opener.open(row)
    await opener.open({ ...row, ...change })
    expect(keyring.counted.opened).toBe(2)
  })

  it('takes no row whose kind was changed, since that decides where the credential goes', async () => {
    verifies('S-33')
    const opener = createCredentialOpener({ keyring: createCountingKeyring() })
    await opener.open(row)
    for (const credentialKind of ['query', 'oauth2', 'aws-sigv4'] as const) {
      const edited = { ...row, credentialKind }
      expect(opener.peek(edited)).toBeUndefined()
      expect(await typeOf(opener.open(edited))).toBe('credential-unreadable')
    }
  })

  it('says at once what is in memory, and nothing of what is not', async () => {
    const opener = createCredentialOpener({ keyring: createCountingKeyring() })
    expect(opener.peek(row)).toBeUndefined()
    const opening = opener.open(row)
    expect(opener.peek(row)).toBeUndefined()
    const opened = await opening
    expect(opener.peek({ ...row, origins: [...row.origins] })).toBe(opened)
    expect(opener.peek({ ...row, version: 2 })).toBeUndefined()
    opener.forget(row.id)
    expect(opener.peek(row)).toBeUndefined()
  })

  it('refuses a destroyed credential although it has just been open', async () => {
    const opener = createCredentialOpener({ keyring: createCountingKeyring() })
    await opener.open(row)
    expect(await typeOf(opener.open({ ...row, version: 2, sealed: null }))).toBe(
      'connection-revoked',
    )
    expect(await typeOf(opener.open({ ...row, sealed: null }))).toBe('connection-revoked')
  })

  it('opens a row once, however many ask, until it is told to forget', async () => {
    const keyring = createCountingKeyring()
    const opener = createCredentialOpener({ keyring })
    const copies = Array.from({ length: 10 }, () => ({ ...row, origins: [...row.origins] }))
    const opened = await Promise.all(copies.map((copy) => opener.open(copy)))
    expect(new Set(opened).size).toBe(1)
    expect(keyring.counted.opened).toBe(1)
    opener.forget('con_1')
    await opener.open(row)
    opener.clear()
    await opener.open(row)
    expect(keyring.counted.opened).toBe(3)
  })

  it('does not keep a failure', async () => {
    const keyring = createCountingKeyring()
    const opener = createCredentialOpener({ keyring })
    keyring.counted.failing = true
    expect(await typeOf(opener.open(row))).toBe('credential-unreadable')
    keyring.counted.failing = false
    expect(await typeOf(opener.open(row))).toBe('opened')
  })

  it('tells nothing of a credential that it cannot read', async () => {
    verifies('S-38')
    const opener = createCredentialOpener({ keyring: createCountingKeyring() })
    for (const text of ['correct-horse', '{"kind":"bearer","token":"correct-horse","x":1}']) {
      const error: unknown = await opener
        .open({ ...row, sealed: Buffer.from(text) })
        .catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ type: 'credential-unreadable' })
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('horse')
    }
  })

  it('keeps no more than its bound', async () => {
    const keyring = createCountingKeyring()
    const opener = createCredentialOpener({ keyring })
    for (let i = 0; i <= 10_000; i++) await opener.open({ ...row, id: `con_${i}` })
    keyring.counted.opened = 0
    await opener.open({ ...row, id: 'con_10000' })
    expect(keyring.counted.opened).toBe(0)
    await opener.open({ ...row, id: 'con_0' })
    expect(keyring.counted.opened).toBe(1)
  })
})
