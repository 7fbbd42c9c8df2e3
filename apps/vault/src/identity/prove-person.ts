import { Problem, type Role } from '@sallyport/contracts'
import type { RecordEvent } from './audit-event.ts'
import { ownerEvent } from './owner-event.ts'
import type { Passwords } from './passwords.ts'
import { recoveryCodeHash } from './recovery-codes.ts'
import type { TokenHash } from './secret-token.ts'
import type { SignInLimit } from './sign-in-limit.ts'
import { isTotpCode, totpStep } from './totp.ts'

/** The row, column and version that a secret is sealed for: `docs/envelope.md`. */
export interface SealedFor {
  readonly table: string
  readonly column: string
  readonly workspaceId: string
  readonly rowId: string
  readonly rowVersion: number
}

/** Seals and opens; see the keyring of `credentials`. `open` throws Problem `credential-unreadable`. */
export interface Sealer {
  seal(context: SealedFor, plaintext: Uint8Array): Promise<Uint8Array>
  open(context: SealedFor, sealed: Uint8Array): Promise<Uint8Array>
}

/** The row and version that a secret of one-time codes is sealed for. */
export const totpContext = (
  { ownerId, workspaceId }: { ownerId: string; workspaceId: string },
  version: number,
): SealedFor => ({
  table: 'owners',
  column: 'totp_sealed',
  workspaceId,
  rowId: ownerId,
  rowVersion: version,
})

/** What proving needs to know of a person. */
export interface OwnerCredential {
  readonly ownerId: string
  readonly workspaceId: string
  readonly role: Role
  /** Absent where they have no password: then none is right. */
  readonly passwordHash: string | undefined
  /** The secret of their one-time codes, sealed; absent where none are asked for. */
  readonly totp: { readonly sealed: Uint8Array; readonly version: number } | undefined
}

/** What went along with the password. It counts once: whoever begins the session uses it up in the same transaction. */
export type SecondFactor =
  | { readonly kind: 'none' }
  | { readonly kind: 'code'; readonly step: number }
  | { readonly kind: 'recovery code'; readonly hash: Uint8Array }

/** A person whose password was right a moment ago, and the second factor that was shown. */
export interface ProvenPerson {
  readonly owner: OwnerCredential
  readonly factor: SecondFactor
}

/** Who somebody says they are, and what they show for it. */
export interface Proof {
  readonly owner: OwnerCredential | undefined
  readonly who: { readonly email: string; readonly address: string }
  readonly password: string
  readonly otp: string | undefined
  readonly operation: string
}

export interface ProveNeeds {
  readonly passwords: Passwords
  readonly limit: SignInLimit
  readonly record: RecordEvent
  readonly logFailure: (error: unknown) => void
  readonly keyring: Sealer
  readonly tokenHash: TokenHash
  readonly now: () => number
}

/**
 * Verifies a password and, where the person has one-time codes, a code or recovery code. The attempt was counted and stays
 * so: who uses the proof up tells the limit that it was right.
 * Problems: `invalid-credentials`, one for all that is wrong; `otp-required`; `too-many-attempts`; `overloaded`.
 */
export async function provePerson(needs: ProveNeeds, proof: Proof): Promise<ProvenPerson> {
  const owner = await provePassword(needs, proof)
  if (owner.totp === undefined) return { owner, factor: { kind: 'none' } }
  if (proof.otp === undefined) {
    // Half of a proof is no guess: a person's first step must not count against them, nor against their address.
    await needs.limit.takeBack(proof.who)
    throw otpRequired()
  }
  const factor = await readFactor(needs, owner, proof.otp)
  if (factor === undefined) throw refused(needs, proof)
  return { owner, factor }
}

/** The password alone, for what a session asks that is known already. Problems as above, but for `otp-required`. */
export async function provePassword(
  needs: ProveNeeds,
  proof: Omit<Proof, 'otp'>,
): Promise<OwnerCredential> {
  const { owner, who, password } = proof
  await needs.limit.begin(who)
  const isRight = await needs.passwords.verify(password, owner?.passwordHash)
  if (owner === undefined || !isRight) throw refused(needs, proof)
  return owner
}

/** The one refusal, recorded where there is somebody whom it concerns. */
export function refused(
  needs: Pick<ProveNeeds, 'record' | 'logFailure'>,
  {
    owner,
    operation,
  }: {
    owner: Pick<OwnerCredential, 'ownerId' | 'workspaceId'> | undefined
    operation: string
  },
): Problem {
  const problem = invalidCredentials()
  // Not waited for: an address that has an account must not answer later than one that has none.
  if (owner !== undefined) {
    needs
      .record({ ...ownerEvent(owner, operation), outcome: 'refused', problem: problem.type })
      .catch(needs.logFailure)
  }
  return problem
}

async function readFactor(
  { keyring, tokenHash, now }: ProveNeeds,
  owner: OwnerCredential,
  otp: string,
): Promise<SecondFactor | undefined> {
  const typed = otp.replaceAll(/\s/g, '')
  if (owner.totp !== undefined && isTotpCode(typed)) {
    const { sealed, version } = owner.totp
    const secret = await keyring.open(totpContext(owner, version), sealed)
    const step = totpStep(secret, typed, now())
    return step === undefined ? undefined : { kind: 'code', step }
  }
  const hash = recoveryCodeHash(owner.ownerId, typed, tokenHash)
  return hash && { kind: 'recovery code', hash }
}

const invalidCredentials = () =>
  new Problem('invalid-credentials', 'What was given to sign in with is not right.', {
    next: 'Check the e-mail address, the password and the code, and try again; a code works once. An owner of the workspace can add you anew.',
  })

const otpRequired = () =>
  new Problem('otp-required', 'The password is right, and a one-time code is needed as well.', {
    next: 'Send it again with the six digits of your authenticator app, or with one of your recovery codes.',
  })
