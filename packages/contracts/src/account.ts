import { z } from 'zod'
import { Label, NextCursor, Page, Timestamp } from './common.ts'
import { ChallengeId, PasskeyId, SessionId } from './ids.ts'
import { defineOperation } from './operation.ts'
import { Otp, SessionView } from './owner.ts'

// How a person proves who they are: sessions, passkeys (WebAuthn Level 3), one-time codes (RFC 6238), recovery codes.

/** What a browser's `navigator.credentials` takes and gives, as JSON; checked by the vault, not by its shape. */
const WebAuthnJson = z.record(z.string(), z.unknown())
const Challenge = z.object({
  challengeId: ChallengeId,
  options: WebAuthnJson.meta({ description: 'For navigator.credentials, in the JSON of WebAuthn' }),
})
const PasskeyAnswer = z.strictObject({ challengeId: ChallengeId, response: WebAuthnJson })

export const getAccount = defineOperation({
  id: 'getAccount',
  method: 'GET',
  path: '/api/v1/account',
  caller: ['owner'],
  demand: 'account',
  summary: 'Say how one signs in',
  input: z.strictObject({}),
  output: z.object({
    account: z.object({
      email: z.string(),
      password: z.boolean().meta({ description: 'People who came by single sign-on have none' }),
      singleSignOn: z.boolean().meta({
        description:
          'Known to the organisation’s provider, so that they can prove there who they are',
      }),
      totp: z.boolean(),
      recoveryCodesLeft: z.number().int(),
      passkeys: z.number().int(),
      passkeysOffered: z.boolean().meta({
        description:
          'Can this address have passkeys? An IP address can not: use localhost or a name',
      }),
    }),
  }),
  problems: [],
})

/** A place where the person is signed in. */
export const Session = z.object({
  id: SessionId,
  current: z.boolean(),
  createdAt: Timestamp,
  lastSeenAt: Timestamp,
  expiresAt: Timestamp,
  method: z.enum(['password', 'passkey', 'setup', 'invitation', 'oidc']),
  userAgent: z.string().optional(),
  address: z.string().optional(),
})

export const listSessions = defineOperation({
  id: 'listSessions',
  method: 'GET',
  path: '/api/v1/sessions',
  caller: ['owner'],
  demand: 'account',
  summary: 'List one’s sessions, newest first',
  input: z.strictObject({ ...Page }),
  output: z.object({ sessions: z.array(Session), nextCursor: NextCursor }),
  problems: [],
})

export const endSession = defineOperation({
  id: 'endSession',
  method: 'DELETE',
  path: '/api/v1/sessions/{sessionId}',
  caller: ['owner'],
  demand: 'account',
  summary: 'End one of one’s sessions at once',
  input: z.strictObject({ sessionId: SessionId }),
  output: z.object({ ended: z.literal(true) }),
  problems: ['session-not-found'],
})

export const endOtherSessions = defineOperation({
  id: 'endOtherSessions',
  method: 'DELETE',
  path: '/api/v1/sessions',
  caller: ['owner'],
  demand: 'account',
  summary: 'End all of one’s sessions but this one',
  input: z.strictObject({}),
  output: z.object({ ended: z.number().int() }),
  problems: [],
})

export const beginReauthentication = defineOperation({
  id: 'beginReauthentication',
  method: 'POST',
  path: '/api/v1/session/reauthenticate/options',
  caller: ['owner'],
  demand: 'account',
  summary: 'Begin to prove with a passkey that one is still there',
  input: z.strictObject({}),
  output: Challenge,
  problems: ['passkey-not-found'],
})

export const reauthenticate = defineOperation({
  id: 'reauthenticate',
  method: 'POST',
  path: '/api/v1/session/reauthenticate',
  caller: ['owner'],
  demand: 'account',
  summary: 'Prove again who one is, by password or passkey; the session is renewed',
  input: z.union([
    z.strictObject({ password: z.string().max(256), otp: Otp.optional() }),
    z.strictObject({ passkey: PasskeyAnswer }),
  ]),
  output: SessionView,
  problems: ['invalid-credentials', 'otp-required', 'passkey-refused', 'too-many-attempts'],
})

export const beginPasskeySignIn = defineOperation({
  id: 'beginPasskeySignIn',
  method: 'POST',
  path: '/api/v1/session/passkey/options',
  caller: ['anyone'],
  summary: 'Begin to sign in with a passkey; nobody has to be named',
  input: z.strictObject({}),
  output: Challenge,
  problems: ['passkey-refused', 'too-many-attempts'],
})

export const signInWithPasskey = defineOperation({
  id: 'signInWithPasskey',
  method: 'POST',
  path: '/api/v1/session/passkey',
  caller: ['anyone'],
  summary: 'Sign in with a passkey; the session is a cookie',
  input: PasskeyAnswer,
  output: SessionView,
  problems: ['passkey-refused', 'sign-in-refused', 'too-many-attempts'],
})

export const Passkey = z.object({
  id: PasskeyId,
  name: z.string(),
  createdAt: Timestamp,
  lastUsedAt: Timestamp.optional(),
  backedUp: z.boolean().meta({ description: 'Kept by more than one device' }),
})

export const listPasskeys = defineOperation({
  id: 'listPasskeys',
  method: 'GET',
  path: '/api/v1/passkeys',
  caller: ['owner'],
  demand: 'account',
  summary: 'List one’s passkeys, newest first',
  input: z.strictObject({ ...Page }),
  output: z.object({ passkeys: z.array(Passkey), nextCursor: NextCursor }),
  problems: [],
})

export const beginPasskey = defineOperation({
  id: 'beginPasskey',
  method: 'POST',
  path: '/api/v1/passkeys/options',
  caller: ['owner'],
  demand: 'account',
  summary: 'Begin to add a passkey',
  input: z.strictObject({}),
  output: Challenge,
  problems: ['passkey-refused', 'fresh-sign-in-required'],
})

export const createPasskey = defineOperation({
  id: 'createPasskey',
  method: 'POST',
  path: '/api/v1/passkeys',
  caller: ['owner'],
  demand: 'account',
  summary: 'Add a passkey',
  input: PasskeyAnswer.extend({ name: Label }),
  output: z.object({ passkey: Passkey }),
  status: 201,
  problems: ['passkey-refused', 'fresh-sign-in-required'],
})

export const deletePasskey = defineOperation({
  id: 'deletePasskey',
  method: 'DELETE',
  path: '/api/v1/passkeys/{passkeyId}',
  caller: ['owner'],
  demand: 'account',
  summary: 'Remove one of one’s passkeys',
  input: z.strictObject({ passkeyId: PasskeyId }),
  output: z.object({ deleted: z.literal(true) }),
  problems: ['passkey-not-found', 'fresh-sign-in-required'],
})

export const beginTotp = defineOperation({
  id: 'beginTotp',
  method: 'POST',
  path: '/api/v1/totp',
  caller: ['owner'],
  demand: 'account',
  summary: 'Begin to use one-time codes: the secret for an authenticator app, shown once',
  input: z.strictObject({}),
  output: z.object({ secret: z.string(), uri: z.string() }),
  problems: ['totp-already-enabled', 'fresh-sign-in-required'],
})

const RecoveryCodes = z.object({
  recoveryCodes: z.array(z.string()).meta({ description: 'Each works once; shown once' }),
})

export const confirmTotp = defineOperation({
  id: 'confirmTotp',
  method: 'POST',
  path: '/api/v1/totp/confirm',
  caller: ['owner'],
  demand: 'account',
  summary: 'Show that the authenticator app works; from then on signing in asks for a code',
  input: z.strictObject({ otp: Otp }),
  output: RecoveryCodes,
  problems: [
    'totp-not-enabled',
    'totp-already-enabled',
    'invalid-credentials',
    'too-many-attempts',
  ],
})

export const disableTotp = defineOperation({
  id: 'disableTotp',
  method: 'DELETE',
  path: '/api/v1/totp',
  caller: ['owner'],
  demand: 'account',
  summary: 'No longer ask for one-time codes; recovery codes end',
  input: z.strictObject({}),
  output: z.object({ disabled: z.literal(true) }),
  problems: ['totp-not-enabled', 'fresh-sign-in-required'],
})

export const renewRecoveryCodes = defineOperation({
  id: 'renewRecoveryCodes',
  method: 'POST',
  path: '/api/v1/recovery-codes',
  caller: ['owner'],
  demand: 'account',
  summary: 'Make new recovery codes; the earlier ones end',
  input: z.strictObject({}),
  output: RecoveryCodes,
  problems: ['totp-not-enabled', 'fresh-sign-in-required'],
})
