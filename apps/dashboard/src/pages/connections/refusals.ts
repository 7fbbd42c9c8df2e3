import type { ProblemType } from '@sallyport/contracts'

interface Refusal {
  readonly title: string
  /** What to do; what the vault says where there is none. */
  readonly advice?: string
}

/** Why an account was not connected, for who stands in front of it. */
export const refusals: Readonly<Partial<Record<ProblemType, Refusal>>> = {
  'authorization-refused': {
    title: 'The provider did not give access.',
    advice:
      'Nothing was connected and nothing was kept. Try again if it was refused by mistake; where your organisation decides over apps, its administrator has to allow this one.',
  },
  'connect-flow-refused': {
    title: 'This answer belongs to no attempt of yours.',
    advice:
      'Nothing was connected. It may be that it took longer than 10 minutes, was used already, or was begun in another browser: begin again here. If you followed a link that somebody sent you, do not.',
  },
  'different-account': {
    title: 'That is another account.',
    advice:
      'The connection stays as it was. Sign in at the provider with the account that it was made for (sign out there first, if it does not ask which one), and try again. To use the other account, add a connection of its own.',
  },
  'provider-refused': { title: 'The provider refused the OAuth app.' },
  'provider-unavailable': { title: 'The provider did not answer as it should.' },
  'connection-exists': { title: 'This service is connected already.' },
  'connection-revoked': {
    title: 'The connection was revoked meanwhile.',
    advice: 'What is revoked stays so. Add the account as a new connection.',
  },
  'session-required': { title: 'You are not signed in any more.' },
}
