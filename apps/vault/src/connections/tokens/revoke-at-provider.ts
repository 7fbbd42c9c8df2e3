import { Problem, type RevokedAtProvider } from '@sallyport/contracts'
import type { EndedTokens } from '../connection-store.ts'
import type { Sealer } from '../credential-opener.ts'
import { openTokens } from './sealed-tokens.ts'
import type { TokenSource } from './token-source.ts'

export interface ProviderRevocationNeeds {
  readonly keyring: Pick<Sealer, 'open'>
  readonly source: Pick<TokenSource, 'revoke' | 'revokesWholeAccount'>
  /** Does another connection that is not revoked use this account by this client, as far as is known? */
  readonly isShared: (grant: {
    readonly workspaceId: string
    readonly oauthAppId: string
    readonly subject: string | undefined
  }) => Promise<boolean>
  readonly onFailure: (what: string, error: unknown) => void
}

/** Tells the provider of tokens that were destroyed here; undefined where there is nothing to tell. Never rejects. */
export type RevokeAtProvider = (ended: EndedTokens) => Promise<RevokedAtProvider | undefined>

const triesMax = 2
const pauseMs = 500

/** Builds it: two tries of eight seconds each at most (RFC 7009), and a sentence on what is left to do there. */
export function createProviderRevocation(needs: ProviderRevocationNeeds): RevokeAtProvider {
  const { keyring, source } = needs

  async function isOthersToo({ provider, ...connection }: EndedTokens['connection']) {
    const { workspaceId, oauthAppId, accountSubject } = connection
    if (oauthAppId === null || !source.revokesWholeAccount({ provider })) return false
    return needs.isShared({ workspaceId, oauthAppId, subject: accountSubject ?? undefined })
  }

  async function tell({ connection, tokens }: EndedTokens) {
    const opened = await openTokens(keyring, { connection, ...tokens })
    for (let tries = 1; ; tries += 1) {
      try {
        return await source.revoke(connection, opened)
      } catch (error) {
        if (tries === triesMax || !isPassing(error)) throw error
        await pause(pauseMs)
      }
    }
  }

  return async (ended) => {
    const { provider } = ended.connection
    try {
      if (await isOthersToo(ended.connection)) {
        return { outcome: 'not-offered', message: keptForOthers(provider) }
      }
      const outcome = await tell(ended)
      if (outcome === undefined) return undefined
      const message = outcome === 'revoked' ? wasTold(provider) : cannotBeTold(provider)
      return { outcome, message }
    } catch (error) {
      if (!(error instanceof Problem)) needs.onFailure('a provider could not be told', error)
      const why = error instanceof Problem ? ` ${error.detail}` : ''
      return { outcome: 'failed', message: `${notTold(provider)}${why} ${removeThere}` }
    }
  }
}

const isPassing = (error: unknown) =>
  error instanceof Problem && error.type === 'provider-unavailable'

const removeThere = 'Whoever owns the account removes the access in its settings there.'
const wasTold = (provider: string) => `${provider} was told, and takes its tokens no longer.`
const cannotBeTold = (provider: string) =>
  `${provider} has no way to be told; the tokens were destroyed here. ${removeThere}`
const notTold = (provider: string) =>
  `${provider} could not be told; the tokens were destroyed here.`
const keptForOthers = (provider: string) =>
  `${provider} was not told, since that would end the account’s other connections too; the tokens were destroyed here.`

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
