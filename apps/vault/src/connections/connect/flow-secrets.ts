import { Buffer } from 'node:buffer'
import { z } from 'zod'
import type { OAuthClient } from '../oauth-apps/resolve-client.ts'
import type { AppSealer } from '../oauth-apps/sealed-app.ts'
import type { StoredFlow } from './connect-flow-store.ts'

/** The connection that is made of the account that comes. */
const NewDraft = z.strictObject({
  kind: z.literal('new'),
  service: z.string(),
  singleton: z.boolean(),
  label: z.string(),
  /** The owner named it; else the account's name is added once it is known. */
  isNamed: z.boolean(),
  origins: z.array(z.string()),
  requestHeaders: z.array(z.string()),
  responseHeaders: z.array(z.string()),
  allowEncodedSlash: z.boolean(),
  testUrl: z.string().nullable(),
})
export type NewDraft = z.infer<typeof NewDraft>

/** The connection that is connected anew. */
const AnewDraft = z.strictObject({ kind: z.literal('anew'), connectionId: z.string() })

/**
 * All that counts when an attempt is finished. It is sealed for the flow's row, so that whoever edits a column has no account
 * connected to another session, with other origins, or by a client that sends its code elsewhere.
 */
const FlowSecrets = z.strictObject({
  ownerId: z.string(),
  provider: z.string(),
  oauthAppId: z.string(),
  /** Who asked, and whom: as they were at the beginning. */
  asked: z.strictObject({
    clientId: z.string(),
    issuer: z.string().optional(),
    authorizationEndpoint: z.string(),
    tokenEndpoint: z.string(),
  }),
  redirectUri: z.string(),
  scopes: z.array(z.string()),
  /** The account that is connected anew, for the provider to offer. */
  loginHint: z.string().optional(),
  draft: z.discriminatedUnion('kind', [NewDraft, AnewDraft]),
  /** Keyed hash of the session that may finish it, base64url. */
  session: z.string().optional(),
  /** RFC 7636; absent only for a provider that refuses it. */
  verifier: z.string().optional(),
  nonce: z.string().optional(),
  /** RFC 8628. */
  deviceCode: z.string().optional(),
})
export type FlowSecrets = z.infer<typeof FlowSecrets>
export type FlowDraft = FlowSecrets['draft']

/** Who asks, and whom. */
export const whoIsAsked = (client: OAuthClient): FlowSecrets['asked'] => ({
  clientId: client.clientId,
  ...(client.issuer !== undefined && { issuer: client.issuer }),
  authorizationEndpoint: client.authorizationEndpoint,
  tokenEndpoint: client.tokenEndpoint,
})

/** Is it still the same client at the same provider? */
export function isStillAsked({ asked }: FlowSecrets, client: OAuthClient): boolean {
  const now = whoIsAsked(client)
  return (['clientId', 'issuer', 'authorizationEndpoint', 'tokenEndpoint'] as const).every(
    (name) => asked[name] === now[name],
  )
}

type Row = Pick<StoredFlow, 'id' | 'workspaceId' | 'version'>

const contextOf = ({ id, workspaceId, version }: Row) => ({
  table: 'connect_flows',
  column: 'sealed',
  workspaceId,
  rowId: id,
  rowVersion: version,
})

/** Seals what a flow keeps to itself, for its row and version. */
export const sealFlow = (keyring: AppSealer, row: Row, secrets: FlowSecrets): Promise<Uint8Array> =>
  keyring.seal(contextOf(row), Buffer.from(JSON.stringify(secrets), 'utf8'))

/** Opens it. Problem `credential-unreadable`; undefined where it was used. */
export async function openFlow(
  keyring: AppSealer,
  row: Row & Pick<StoredFlow, 'sealed'>,
): Promise<FlowSecrets | undefined> {
  if (row.sealed === null) return undefined
  const plaintext = await keyring.open(contextOf(row), row.sealed)
  return FlowSecrets.parse(JSON.parse(Buffer.from(plaintext).toString('utf8')))
}

export const encodeHash = (hash: Uint8Array): string => Buffer.from(hash).toString('base64url')
