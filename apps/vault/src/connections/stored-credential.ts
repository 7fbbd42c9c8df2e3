import { Buffer } from 'node:buffer'
import { CredentialInput, OAuthAppId } from '@sallyport/contracts'
import { z } from 'zod'

// What is sealed in a connection's row. Everything that a secret is sent with or to stands inside the seal: no column that
// somebody edits makes the vault send a secret elsewhere.

/** An account that was connected: its tokens have a row of their own, and its client is the one that is named here. */
const ConnectedAccount = z.strictObject({
  kind: z.literal('oauth2'),
  oauthAppId: OAuthAppId,
  /** Where that client led then: a refresh token goes nowhere else, whatever becomes of the client (see `placeOf`). */
  place: z.string(),
})

/** What an upstream MCP server is given, each value under its name. Its own settings make it; no request carries it. */
const UpstreamSecrets = z.strictObject({
  kind: z.literal('upstream'),
  headers: z.record(z.string(), z.string()),
  env: z.record(z.string(), z.string()),
  /** A digest of where they go: see `placeOf` of the room that makes them. */
  place: z.string(),
})
export type UpstreamSecrets = z.infer<typeof UpstreamSecrets>

/** A credential as an owner typed it in, the ones that become tokens included. */
export type TypedCredential = Exclude<CredentialInput, { kind: 'oauth2' }>
/** A credential as it is sealed. */
export type StoredCredential = TypedCredential | z.infer<typeof ConnectedAccount> | UpstreamSecrets
/** One of a kind. */
export type StoredOf<Kind extends StoredCredential['kind']> = Extract<
  StoredCredential,
  { kind: Kind }
>

/** Credentials that are never sent to an API themselves: they get access tokens, which the vault renews. */
const renewableKinds = ['oauth2', 'oauth2-client-credentials', 'jwt-service-account'] as const
export type RenewableKind = (typeof renewableKinds)[number]

/** Does the vault get access tokens with credentials of this kind? */
export const isRenewable = (kind: StoredCredential['kind']): kind is RenewableKind =>
  (renewableKinds as readonly string[]).includes(kind)

/** The bytes that are sealed: the credential's JSON. */
export function encodeCredential(credential: StoredCredential): Uint8Array {
  return Buffer.from(JSON.stringify(credential), 'utf8')
}

/** Reads what `encodeCredential` wrote; throws for anything else. */
export function decodeCredential(plaintext: Uint8Array): StoredCredential {
  const read: unknown = JSON.parse(Buffer.from(plaintext).toString('utf8'))
  const account = ConnectedAccount.safeParse(read)
  if (account.success) return account.data
  const upstream = UpstreamSecrets.safeParse(read)
  if (upstream.success) return upstream.data
  const typed = CredentialInput.parse(read)
  if (typed.kind === 'oauth2') throw new Error('A refresh token is not kept with its connection.')
  return typed
}
