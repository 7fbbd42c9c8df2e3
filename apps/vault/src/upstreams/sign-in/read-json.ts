import { Problem } from '@sallyport/contracts'
import type { MayUseOrigin } from '../../connections/check-connection.ts'
import { toProviderProblem } from '../../connections/oauth/oauth-problem.ts'
import type { OAuthFetch } from '../../connections/oauth/token-endpoint.ts'

/** What is asked when a server is signed in to, and by what rules. */
export interface AskNeeds {
  /** Keeps to the address rules, follows no redirect, and reads so much and so long and no more. */
  readonly fetch: OAuthFetch
  readonly mayUseOrigin: MayUseOrigin
}

/** Metadata, or why there are none at an address. */
type ReadJson = { readonly body: Readonly<Record<string, unknown>> } | { readonly absent: string }

/**
 * Reads metadata at an address. Nothing secret is sent.
 * @throws Problem origin-not-allowed, provider-unavailable
 */
export async function readJson(
  needs: AskNeeds,
  url: string,
  signal: AbortSignal,
): Promise<ReadJson> {
  requirePlace(needs.mayUseOrigin, url)
  const response = await ask(needs, url, { signal })
  const { status } = response
  if (status >= 500 || status === 429) {
    throw new Problem('provider-unavailable', `${new URL(url).host} answered ${status}.`, {
      next: 'Try again in a while.',
      retryAfterSeconds: 10,
    })
  }
  if (status >= 300 && status < 400) return { absent: 'redirected, which is not followed' }
  if (status !== 200) return { absent: String(status) }
  const body = readObject(await response.text())
  return body === undefined ? { absent: 'no JSON' } : { body }
}

/** Asks once, with a body where one is given. Problem `provider-unavailable` where no answer came. */
export async function ask(
  { fetch }: AskNeeds,
  url: string,
  { signal, json }: { readonly signal: AbortSignal; readonly json?: unknown },
): Promise<Response> {
  const isPost = json !== undefined
  try {
    return await fetch(url, {
      method: isPost ? 'POST' : 'GET',
      headers: {
        accept: 'application/json',
        ...(isPost && { 'content-type': 'application/json' }),
      },
      body: isPost ? JSON.stringify(json) : undefined,
      redirect: 'manual',
      signal,
    })
  } catch (error) {
    throw toProviderProblem(error, new URL(url).host)
  }
}

/** @throws Problem origin-not-allowed where the operator’s rules exclude it */
export function requirePlace(mayUseOrigin: MayUseOrigin, url: string): void {
  const answer = mayUseOrigin(new URL(url).origin)
  if (answer === true) return
  throw new Problem('origin-not-allowed', `The server names ${shown(url)}. ${answer}`, {
    next: 'Nothing was sent there. Whoever runs the server puts it right, or the operator of the vault lists its range.',
  })
}

const shownCharsMax = 200
/** A stranger’s address, as far as it is shown. */
export const shown = (url: string): string => new URL(url).origin.slice(0, shownCharsMax)

export function readObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const read: unknown = JSON.parse(text)
    return typeof read === 'object' && read !== null && !Array.isArray(read)
      ? { ...read }
      : undefined
  } catch {
    return undefined
  }
}
