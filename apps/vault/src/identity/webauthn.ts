import { z } from 'zod'
import type { RelyingParty } from './relying-party.ts'

// WebAuthn Level 3 as the vault uses it: discoverable credentials, the person verified by the device, no attestation.

const challengeBytes = 32
/** For how long a challenge can be answered, in ms. */
export const challengeLifeMs = 5 * 60_000
/** Of COSE (RFC 9053, RFC 8812): EdDSA, ES256 and RS256, the preferred first. */
const supportedAlgorithmIDs = [-8, -7, -257]
/** WebAuthn §5.1: a credential id has at most 1023 bytes. */
const idCharsMax = 1364
const partCharsMax = 100_000
const transportsMax = 10

const base64url = (charsMax: number) =>
  z
    .string()
    .max(charsMax)
    .regex(/^[A-Za-z0-9_-]+$/)
const shared = {
  id: base64url(idCharsMax),
  rawId: base64url(idCharsMax),
  type: z.literal('public-key'),
}
const clientDataJSON = base64url(partCharsMax)
const registrationAnswer = z.object({
  ...shared,
  response: z.object({
    clientDataJSON,
    attestationObject: base64url(partCharsMax),
    transports: z
      .array(z.string().regex(/^[a-z-]{1,20}$/))
      .max(transportsMax)
      .default([]),
  }),
})
const authenticationAnswer = z.object({
  ...shared,
  response: z.object({
    clientDataJSON,
    authenticatorData: base64url(partCharsMax),
    signature: base64url(partCharsMax),
    userHandle: z.string().max(200).nullish(),
  }),
})

/** Loaded where somebody uses a passkey: with it come X.509 and ASN.1, and most starts of a vault need neither. */
const library = () => import('@simplewebauthn/server')

/** What a browser is asked, as JSON, and the challenge that it has to sign. */
export interface Asked {
  readonly options: Record<string, unknown>
  readonly challenge: string
}

/** A passkey as far as a browser has to know it. */
export interface KnownCredential {
  readonly credentialId: string
  readonly transports: readonly string[]
}

/** Asks for a new passkey of a person; a device that holds one of `known` already makes no other. */
export async function askForPasskey(given: {
  readonly party: RelyingParty
  readonly person: { readonly ownerId: string; readonly email: string }
  readonly known: readonly KnownCredential[]
  readonly randomBytes: (size: number) => Uint8Array
}): Promise<Asked> {
  const { party, person, known } = given
  const { generateRegistrationOptions } = await library()
  const options = await generateRegistrationOptions({
    rpName: 'Sallyport',
    rpID: party.id,
    // Shown to nobody, and kept on the device: an id and no address (WebAuthn §14.6.1).
    userID: new Uint8Array(Buffer.from(person.ownerId, 'utf8')),
    userName: person.email,
    userDisplayName: person.email,
    challenge: new Uint8Array(given.randomBytes(challengeBytes)),
    timeout: challengeLifeMs,
    attestationType: 'none',
    excludeCredentials: known.map(describe),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs,
  })
  return { options: { ...options }, challenge: options.challenge }
}

/** Asks for a signature: by one of the named passkeys, or by any that the device has. */
export async function askForSignature(given: {
  readonly party: RelyingParty
  readonly allowed?: readonly KnownCredential[]
  readonly randomBytes: (size: number) => Uint8Array
}): Promise<Asked> {
  const { generateAuthenticationOptions } = await library()
  const options = await generateAuthenticationOptions({
    rpID: given.party.id,
    challenge: new Uint8Array(given.randomBytes(challengeBytes)),
    timeout: challengeLifeMs,
    userVerification: 'required',
    ...(given.allowed !== undefined && { allowCredentials: given.allowed.map(describe) }),
  })
  return { options: { ...options }, challenge: options.challenge }
}

const describe = ({ credentialId, transports }: KnownCredential) => ({
  id: credentialId,
  transports: [...transports],
})

/** What a new passkey says of itself. */
export interface NewCredential extends KnownCredential {
  readonly publicKey: Uint8Array
  readonly counter: number
  readonly backedUp: boolean
}

/** Verifies a browser's answer to `askForPasskey`; undefined for anything that is not wholly right. */
export async function verifyNewPasskey(
  answer: unknown,
  { party, challenge }: { party: RelyingParty; challenge: string },
): Promise<NewCredential | undefined> {
  const parsed = registrationAnswer.safeParse(answer)
  if (!parsed.success) return undefined
  const response = { ...parsed.data, clientExtensionResults: {} }
  return orUndefined(async () => {
    if (!(await isWithoutCertificates(response.response.attestationObject))) return undefined
    const { verifyRegistrationResponse } = await library()
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs,
    })
    if (!verified || registrationInfo.credential.id.length > idCharsMax) return undefined
    const { id: credentialId, publicKey, counter } = registrationInfo.credential
    const backedUp = registrationInfo.credentialBackedUp
    const { transports } = response.response
    return { credentialId, publicKey, counter, transports, backedUp }
  })
}

/**
 * No attestation was asked for, so a browser sends none, or the key's signature on itself. Certificates would have the
 * library ask addresses that stand in them whether they were revoked (S-17).
 */
async function isWithoutCertificates(attestationObject: string): Promise<boolean> {
  const { decodeAttestationObject, isoBase64URL } = await import('@simplewebauthn/server/helpers')
  const decoded = decodeAttestationObject(isoBase64URL.toBuffer(attestationObject))
  const format = decoded.get('fmt')
  if (format === 'none') return true
  return format === 'packed' && decoded.get('attStmt').get('x5c') === undefined
}

/** The credential and the person that an answer to `askForSignature` names, not verified; undefined where it names none. */
export function readSigner(
  answer: unknown,
): { credentialId: string; userHandle: string | undefined } | undefined {
  const parsed = authenticationAnswer.safeParse(answer)
  if (!parsed.success) return undefined
  const { id: credentialId, response } = parsed.data
  const handle = response.userHandle ?? undefined
  return {
    credentialId,
    userHandle: handle && Buffer.from(handle, 'base64url').toString('utf8'),
  }
}

/** Verifies a browser's answer to `askForSignature`; undefined for anything that is not wholly right, a counter that went back too. */
export async function verifySignature(
  answer: unknown,
  given: {
    readonly party: RelyingParty
    readonly challenge: string
    readonly credential: Omit<NewCredential, 'backedUp'>
  },
): Promise<{ counter: number; backedUp: boolean } | undefined> {
  const parsed = authenticationAnswer.safeParse(answer)
  if (!parsed.success) return undefined
  const { credentialId, publicKey, counter } = given.credential
  const { clientDataJSON, authenticatorData, signature } = parsed.data.response
  return orUndefined(async () => {
    const { verifyAuthenticationResponse } = await library()
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        ...parsed.data,
        response: { clientDataJSON, authenticatorData, signature },
        clientExtensionResults: {},
      },
      expectedChallenge: given.challenge,
      expectedOrigin: given.party.origin,
      expectedRPID: given.party.id,
      credential: { id: credentialId, publicKey: new Uint8Array(publicKey), counter },
      requireUserVerification: true,
    })
    if (!verified) return undefined
    const { newCounter, credentialBackedUp } = authenticationInfo
    return { counter: newCounter, backedUp: credentialBackedUp }
  })
}

/** The library throws plain errors for whatever it does not like, CBOR that is none included: all of it is a refusal. */
async function orUndefined<T>(verify: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await verify()
  } catch {
    return undefined
  }
}
