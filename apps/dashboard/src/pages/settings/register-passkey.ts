import { Problem } from '@sallyport/contracts'
import { client, type Input } from '../../api.ts'

/**
 * Has the browser make a passkey for the vault's challenge; what comes back is for `createPasskey`.
 * @throws Problem `passkey-refused` where the browser or the person said no; the vault's own, `fresh-sign-in-required` among them
 */
export async function registerPasskey(): Promise<Omit<Input<'createPasskey'>, 'name'>> {
  const { startRegistration } = await import('@simplewebauthn/browser')
  const { challengeId, options } = await client.call('beginPasskey', {})
  try {
    const optionsJSON = options as unknown as Parameters<typeof startRegistration>[0]['optionsJSON']
    const response = await startRegistration({ optionsJSON })
    return { challengeId, response: { ...response } as Record<string, unknown> }
  } catch (thrown) {
    const known = thrown instanceof Error && thrown.name === 'InvalidStateError'
    throw new Problem(
      'passkey-refused',
      known ? 'This device has a passkey for the vault already.' : 'No passkey was made.',
      {
        next: known
          ? 'Use that one, or add one on another device.'
          : 'Try again when you are ready.',
        cause: thrown,
      },
    )
  }
}
