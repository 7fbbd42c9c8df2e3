import { Secret, TOTP } from 'otpauth'

// One-time codes of authenticator apps: RFC 6238 with SHA-1, six digits and 30 s, which is what every app knows.

const periodMs = 30_000
/** RFC 4226 §4: 160 bits. */
const secretBytes = 20
/** RFC 6238 §5.2: one step either way for clocks that differ. */
const windowSteps = 1

/** The secret of somebody's codes: its bytes, how a person types it, and how an app scans it. */
export interface TotpSecret {
  readonly bytes: Uint8Array
  readonly text: string
  readonly uri: string
}

/** Makes a secret. */
export function newTotpSecret(
  email: string,
  randomBytes: (size: number) => Uint8Array,
): TotpSecret {
  const bytes = randomBytes(secretBytes)
  const totp = build(bytes, email)
  return { bytes, text: totp.secret.base32, uri: totp.toString() }
}

/** Whether a text could be a code at all: six digits. */
export const isTotpCode = (text: string): boolean => /^[0-9]{6}$/.test(text)

/** The time step that a code belongs to, if it is one of those that count at this time (ms since the epoch). */
export function totpStep(bytes: Uint8Array, code: string, nowMs: number): number | undefined {
  if (!isTotpCode(code)) return undefined
  const delta = build(bytes, '').validate({ token: code, timestamp: nowMs, window: windowSteps })
  return delta === null ? undefined : Math.floor(nowMs / periodMs) + delta
}

function build(bytes: Uint8Array, label: string): TOTP {
  const secret = new Secret({ buffer: Uint8Array.from(bytes).buffer })
  return new TOTP({ issuer: 'Sallyport', label, secret })
}
