import { Problem } from '@sallyport/contracts'
import type { RecordEvent } from './audit-event.ts'
import type { AuthenticatedOwner } from './caller.ts'
import { ownerEvent } from './owner-event.ts'
import type { SignInOrigin } from './owner-session.ts'
import { refused, type Sealer, totpContext } from './prove-person.ts'
import { newRecoveryCodes } from './recovery-codes.ts'
import { requireFreshSignIn } from './require-fresh-sign-in.ts'
import { sessionOf } from './require-session.ts'
import type { TokenHash } from './secret-token.ts'
import type { SignInLimit } from './sign-in-limit.ts'
import { newTotpSecret, totpStep } from './totp.ts'
import { unauthenticated } from './unauthenticated.ts'

/** How often a change is tried anew because the same person was faster elsewhere. */
const attemptsMax = 3

/** What stands of a person's one-time codes. */
export interface TotpRow {
  readonly sealed: Uint8Array | null
  readonly version: number
  readonly isEnabled: boolean
}

export interface SecondFactorStore {
  read(ownerId: string): Promise<TotpRow | undefined>
  /** Keeps a secret that is yet to be confirmed, for version + 1; false where the version is another or codes are in use. */
  propose(given: { ownerId: string; version: number; sealed: Uint8Array }): Promise<boolean>
  /**
   * From now on codes are asked for: stores the recovery codes and ends the sessions but the one with the hash `keeps`. False,
   * and nothing done, where the version is another or codes are in use.
   */
  enable(given: {
    readonly ownerId: string
    readonly version: number
    readonly step: number
    readonly recoveryHashes: readonly Uint8Array[]
    readonly keeps: Uint8Array
    readonly nowMs: number
  }): Promise<boolean>
  /** Removes secret and recovery codes and ends the other sessions; false where no codes are in use. */
  disable(given: { ownerId: string; keeps: Uint8Array }): Promise<boolean>
  /** Replaces the recovery codes; false where no codes are in use. */
  replaceRecoveryCodes(given: {
    readonly ownerId: string
    readonly recoveryHashes: readonly Uint8Array[]
    readonly nowMs: number
  }): Promise<boolean>
}

interface SecondFactorNeeds {
  readonly store: SecondFactorStore
  readonly keyring: Sealer
  readonly limit: SignInLimit
  readonly record: RecordEvent
  readonly logFailure: (error: unknown) => void
  readonly tokenHash: TokenHash
  readonly randomBytes: (size: number) => Uint8Array
  readonly now: () => number
}

/** One-time codes (RFC 6238) and recovery codes: begun, confirmed and ended by the person alone. */
export function createSecondFactor(needs: SecondFactorNeeds) {
  const { store, record, now } = needs
  return {
    /** Problems: `totp-already-enabled`, `fresh-sign-in-required`. */
    async begin(owner: AuthenticatedOwner) {
      requireFreshSignIn(owner, now())
      const { bytes, text, uri } = newTotpSecret(owner.email, needs.randomBytes)
      await propose(needs, owner, bytes)
      await record(ownerEvent(owner, 'beginTotp'))
      return { secret: text, uri }
    },

    /** Problems: `totp-not-enabled`, `totp-already-enabled`, `invalid-credentials`, `too-many-attempts`. */
    async confirm(owner: AuthenticatedOwner, { otp }: { otp: string }, from: SignInOrigin) {
      const keeps = sessionOf(owner)
      const operation = 'confirmTotp'
      const row = await store.read(owner.ownerId)
      if (row?.isEnabled === true) throw alreadyEnabled()
      if (row === undefined || row.sealed === null) throw notEnabled()
      const who = { email: owner.email, address: from.address }
      await needs.limit.begin(who)
      const bytes = await needs.keyring.open(totpContext(owner, row.version), row.sealed)
      const step = totpStep(bytes, otp.replaceAll(/\s/g, ''), now())
      if (step === undefined) throw refused(needs, { owner, operation })
      await needs.limit.takeBack(who)
      const { ownerId } = owner
      const { codes, hashes: recoveryHashes } = newRecoveryCodes(ownerId, needs)
      const nowMs = now()
      const { version } = row
      const given = { ownerId, version, step, recoveryHashes, keeps, nowMs }
      if (!(await store.enable(given))) throw alreadyEnabled()
      await record(ownerEvent(owner, operation))
      return { recoveryCodes: [...codes] }
    },

    /** Problems: `totp-not-enabled`, `fresh-sign-in-required`. */
    async disable(owner: AuthenticatedOwner): Promise<{ disabled: true }> {
      requireFreshSignIn(owner, now())
      const keeps = sessionOf(owner)
      if (!(await store.disable({ ownerId: owner.ownerId, keeps }))) throw notEnabled()
      await record(ownerEvent(owner, 'disableTotp'))
      return { disabled: true }
    },

    /** Problems: `totp-not-enabled`, `fresh-sign-in-required`. */
    async renewRecoveryCodes(owner: AuthenticatedOwner) {
      requireFreshSignIn(owner, now())
      const { ownerId } = owner
      const { codes, hashes: recoveryHashes } = newRecoveryCodes(ownerId, needs)
      const nowMs = now()
      const isReplaced = await store.replaceRecoveryCodes({ ownerId, recoveryHashes, nowMs })
      if (!isReplaced) throw notEnabled()
      await record(ownerEvent(owner, 'renewRecoveryCodes'))
      return { recoveryCodes: [...codes] }
    },
  }
}

async function propose(
  { store, keyring }: SecondFactorNeeds,
  owner: AuthenticatedOwner,
  secret: Uint8Array,
): Promise<void> {
  const { ownerId } = owner
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const row = await store.read(ownerId)
    if (row === undefined) throw unauthenticated()
    if (row.isEnabled) throw alreadyEnabled()
    const { version } = row
    const sealed = await keyring.seal(totpContext(owner, version + 1), secret)
    if (await store.propose({ ownerId, version, sealed })) return
  }
  throw new Problem('version-conflict', 'Your one-time codes are being changed elsewhere.', {
    next: 'Try again in a moment.',
  })
}

const alreadyEnabled = () =>
  new Problem('totp-already-enabled', 'You use one-time codes already.', {
    next: 'To use another authenticator app, disable them first.',
  })

const notEnabled = () =>
  new Problem('totp-not-enabled', 'You do not use one-time codes.', {
    next: 'Begin with POST /api/v1/totp.',
  })
