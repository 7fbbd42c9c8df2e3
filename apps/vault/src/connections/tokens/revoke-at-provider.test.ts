import { Problem } from '@sallyport/contracts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keyring } from '../../../../../test/fixtures/token-room.ts'
import type { EndedTokens, StoredConnection } from '../connection-store.ts'
import { createProviderRevocation } from './revoke-at-provider.ts'
import { sealTokens, type Tokens } from './sealed-tokens.ts'

const at = new Date(0)
const connection: StoredConnection = {
  ...{ id: 'con_1', workspaceId: 'wsp_1', provider: 'acme', service: 'custom', label: 'Acme' },
  ...{ status: 'healthy', statusReason: null, singleton: false, origins: ['https://a.example'] },
  ...{ requestedScopes: [], grantedScopes: [], requestHeaders: [], responseHeaders: [] },
  ...{ oauthAppId: 'oap_1', account: 'Ada', accountSubject: 'sub_1', allowEncodedSlash: false },
  ...{ testUrl: null, credentialKind: 'oauth2', credentialHint: '', version: 3 },
  ...{ createdAt: at, updatedAt: at, revokedAt: null, sealed: Buffer.from('credential') },
}
const secrets: Tokens = { accessToken: 'access-token-1', refreshToken: 'refresh-token-1' }

async function ended(change: Partial<StoredConnection> = {}): Promise<EndedTokens> {
  const sealed = await sealTokens(keyring, { connection, version: 7 }, secrets)
  return { connection: { ...connection, ...change }, tokens: { sealed, version: 7 } }
}

/** What tells the provider, which answers so, one answer after the other. */
function telling(
  answers: (Problem | 'revoked' | 'not-offered' | undefined)[],
  { wholeAccount = false, isShared = false } = {},
) {
  const told: Tokens[] = []
  const failures: string[] = []
  const tell = createProviderRevocation({
    keyring,
    source: {
      revokesWholeAccount: () => wholeAccount,
      async revoke(_connection, tokens) {
        told.push(tokens)
        const answer = answers[told.length - 1]
        if (answer instanceof Problem) throw answer
        return answer
      },
    },
    isShared: async ({ subject }) => isShared && subject === 'sub_1',
    onFailure: (what) => void failures.push(what),
  })
  return { tell, told, failures }
}

describe('telling a provider that tokens were destroyed', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const finish = async <T>(work: Promise<T>) => {
    await vi.advanceTimersByTimeAsync(5_000)
    return work
  }
  const unavailable = new Problem('provider-unavailable', 'acme answered 503.')
  const refused = new Problem('provider-refused', 'acme refused (invalid_client).')

  it.each(['revoked', 'not-offered'] as const)('says what it did: %s', async (outcome) => {
    const { tell, told } = telling([outcome])
    const said = await finish(tell(await ended()))
    expect(said).toMatchObject({ outcome, message: expect.stringContaining('acme') })
    expect(told).toEqual([secrets])
  })

  it('tries twice where it did not answer, and once where it said no', async () => {
    const twice = telling([unavailable, 'revoked'])
    expect(await finish(twice.tell(await ended()))).toMatchObject({ outcome: 'revoked' })
    const never = telling([unavailable, unavailable, 'revoked'])
    const said = await finish(never.tell(await ended()))
    expect(said).toMatchObject({ outcome: 'failed' })
    expect(said?.message).toContain('acme answered 503.')
    expect(never.told).toHaveLength(2)
    const once = telling([refused, 'revoked'])
    expect(await finish(once.tell(await ended()))).toMatchObject({ outcome: 'failed' })
    expect(once.told).toHaveLength(1)
  })

  it('says nothing where there is nothing to tell', async () => {
    expect(await finish(telling([undefined]).tell(await ended()))).toBeUndefined()
  })

  it('leaves the account’s other connections alone where the provider would end them too', async () => {
    const shared = telling(['revoked'], { wholeAccount: true, isShared: true })
    expect(await finish(shared.tell(await ended()))).toMatchObject({ outcome: 'not-offered' })
    expect(shared.told).toEqual([])
    const alone = telling(['revoked'], { wholeAccount: true })
    expect(await finish(alone.tell(await ended()))).toMatchObject({ outcome: 'revoked' })
    const apart = telling(['revoked'], { isShared: true })
    expect(await finish(apart.tell(await ended()))).toMatchObject({ outcome: 'revoked' })
  })

  it('fails without a word of what was sealed where it does not open, and never rejects', async () => {
    const { tell, told } = telling(['revoked'])
    const said = await finish(tell(await ended({ origins: ['https://attacker.example'] })))
    expect(said).toMatchObject({ outcome: 'failed' })
    expect(told).toEqual([])
    const faulty = telling([])
    const { tokens, connection: row } = await ended()
    const broken = { connection: row, tokens: { ...tokens, sealed: Buffer.from('x') } }
    expect(await finish(faulty.tell(broken))).toMatchObject({ outcome: 'failed' })
  })
})
