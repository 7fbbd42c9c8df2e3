import { Problem } from '@sallyport/contracts'
import type { AuthenticationResponseJSON } from '@simplewebauthn/browser'
import { asProblem, type Output } from './api.ts'

type Challenge = Output<'beginPasskeySignIn'>

/** Whether this browser can have passkeys at this address: not over plain HTTP, but on this machine itself. */
export const canUsePasskeys = (): boolean =>
  window.isSecureContext && typeof window.PublicKeyCredential === 'function'

/**
 * Has the person answer the vault's challenge with a passkey. What was sent by the vault goes to the browser as it is.
 * @throws Problem `passkey-refused` where the browser or the person said no; the vault's own
 */
export async function answerWithPasskey(begin: () => Promise<Challenge>) {
  const { startAuthentication } = await import('@simplewebauthn/browser')
  const { challengeId, options } = await begin()
  try {
    const optionsJSON = options as unknown as Parameters<
      typeof startAuthentication
    >[0]['optionsJSON']
    const response: AuthenticationResponseJSON = await startAuthentication({ optionsJSON })
    return { challengeId, response: { ...response } as Record<string, unknown> }
  } catch (thrown) {
    if (thrown instanceof Problem) throw asProblem(thrown)
    throw new Problem('passkey-refused', 'No passkey was used.', {
      next: 'Try again, or sign in with your password.',
      cause: thrown,
    })
  }
}
