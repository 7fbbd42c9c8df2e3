import { Problem } from '@sallyport/contracts'
import type { RefusalReason } from './single-sign-on-admission.ts'

// What people are told when they may not sign in by the organisation's provider.

const asksAnOwner = 'Ask an owner of the workspace.'

const sentences: Readonly<Record<RefusalReason, readonly [detail: string, next: string]>> = {
  'domain-not-allowed': [
    'People with an e-mail address of this domain may not sign in here.',
    'Sign in with the account of your organisation, or ask an owner of the workspace.',
  ],
  'email-in-use': [
    'The e-mail address of this account is in use elsewhere in this vault.',
    asksAnOwner,
  ],
  'email-not-verified': [
    'The provider does not say that it verified the e-mail address of this account.',
    'Verify the address at the provider, or ask an owner of the workspace; see the guide to single sign-on.',
  ],
  'group-not-allowed': [
    'This account is in none of the groups that may sign in here.',
    'Ask who keeps the groups at your provider, or an owner of the workspace.',
  ],
  'linked-elsewhere': [
    'The person with this e-mail address signs in with another account of the provider.',
    'Use that account. An owner can remove the person and invite them anew.',
  ],
  'no-role': [
    'The group that gave this account its role is gone.',
    'Ask who keeps the groups at your provider, or an owner of the workspace.',
  ],
  'not-invited': [
    'This account belongs to nobody in the workspace.',
    'Ask an owner of the workspace to invite you, and sign in again.',
  ],
  'other-person': [
    'That is the account of somebody else, or one that may not sign in here.',
    'Sign in at the provider as the person who is signed in here.',
  ],
  removed: [
    'An owner removed the person of this account from the workspace.',
    'Ask an owner of the workspace to invite you, and sign in again.',
  ],
  'settings-changed': ['Single sign-on was changed meanwhile.', 'Sign in again.'],
}

/** Why somebody whom the provider knows may not sign in. */
export function signInRefused(reason: RefusalReason): Problem {
  const [detail, next] = sentences[reason]
  return new Problem('sign-in-refused', detail, { next })
}

/** One for an answer that is made up, came late, came before, or came to another browser: the reason is in the audit log. */
export const flowRefused = () =>
  new Problem(
    'connect-flow-refused',
    'This answer belongs to no sign-in that was begun in this browser and is still open.',
    { next: 'Begin anew on the sign-in page; a sign-in can be finished once, within 10 minutes.' },
  )

/** The provider said no, or the person did. */
export const authorizationRefused = () =>
  new Problem('authorization-refused', 'The sign-in was not completed at the provider.', {
    next: 'Try again, and agree at the provider; if it refuses, ask an owner of the workspace.',
  })

export const notProvenAnew = () =>
  new Problem('authorization-refused', 'The provider did not ask you again who you are.', {
    next: 'Use a passkey or your password instead, if you have one; or sign out, and in again at the provider.',
  })

export const notSetUp = () =>
  new Problem('single-sign-on-not-found', 'Single sign-on is not set up here.', {
    next: 'Sign in with your password or a passkey. An owner sets it up in the settings.',
  })
