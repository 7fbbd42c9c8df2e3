import { Buffer } from 'node:buffer'
import { ClientAuthentication, Problem } from '@sallyport/contracts'
import { z } from 'zod'
import type { StoredOAuthApp } from './oauth-app-store.ts'

/** Where a provider of the owner's own is, as it was when the client was saved. */
const OwnServer = z.strictObject({
  issuer: z.string().optional(),
  authorizationEndpoint: z.string(),
  tokenEndpoint: z.string(),
  revocationEndpoint: z.string().optional(),
  deviceAuthorizationEndpoint: z.string().optional(),
  /** Its metadata promise `iss` in every authorization response (RFC 9207 §3). */
  sendsIssuer: z.boolean(),
  /** The algorithms that it signs id tokens with, where it says. */
  idTokenAlgorithms: z.array(z.string()).optional(),
  /** Asked for in any case. */
  baseScopes: z.array(z.string()),
})
export type OwnServer = z.infer<typeof OwnServer>

/** What an owner wrote of a provider of their own; what its metadata say is read for the rest. */
const GivenEndpoints = OwnServer.pick({
  issuer: true,
  authorizationEndpoint: true,
  tokenEndpoint: true,
  revocationEndpoint: true,
  deviceAuthorizationEndpoint: true,
}).partial()
export type GivenEndpoints = z.infer<typeof GivenEndpoints>

/** The upstream MCP server that a client belongs to: its grants go nowhere else. */
const UpstreamOfApp = z.strictObject({
  serverId: z.string(),
  /** Where the server was when it was signed in to. */
  url: z.string(),
  /** What tokens are asked for (RFC 8707). */
  resource: z.string(),
  redirectUri: z.string(),
  way: z.enum(['given', 'document', 'registration']),
  /** Seconds since the epoch (RFC 7591 §3.2.1). */
  secretExpiresAt: z.number().optional(),
})
export type UpstreamOfApp = z.infer<typeof UpstreamOfApp>

/**
 * What is sealed of an OAuth client: everything that is sent to a provider, and everything that says where to. Whoever edits
 * a column of its row sends no secret anywhere.
 */
const SealedApp = z.strictObject({
  provider: z.string(),
  clientId: z.string(),
  authentication: ClientAuthentication,
  clientSecret: z.string().optional(),
  privateKey: z.string().optional(),
  keyId: z.string().optional(),
  /** What the catalog's endpoints leave open. */
  parameters: z.record(z.string(), z.string()),
  /** Of a provider of the owner's own. Absent: the catalog knows where the provider is. */
  own: z.strictObject({ given: GivenEndpoints, server: OwnServer }).optional(),
  /** The MCP server that it signs in to. Absent: any API’s. */
  upstream: UpstreamOfApp.optional(),
})
export type SealedApp = z.infer<typeof SealedApp>

/** Where an OAuth client is sealed for: `docs/envelope.md`. */
interface AppContext {
  readonly table: string
  readonly column: string
  readonly workspaceId: string
  readonly rowId: string
  readonly rowVersion: number
}

/** Seals and opens; see the keyring of `credentials`. `open` throws Problem `credential-unreadable`. */
export interface AppSealer {
  seal(context: AppContext, plaintext: Uint8Array): Promise<Uint8Array>
  open(context: AppContext, sealed: Uint8Array): Promise<Uint8Array>
}

type Row = Pick<StoredOAuthApp, 'id' | 'workspaceId' | 'version'>

const contextOf = ({ id, workspaceId, version }: Row): AppContext => ({
  table: 'oauth_apps',
  column: 'sealed',
  workspaceId,
  rowId: id,
  rowVersion: version,
})

/** Seals a client for its row and version. */
export const sealApp = (keyring: AppSealer, row: Row, app: SealedApp): Promise<Uint8Array> =>
  keyring.seal(contextOf(row), Buffer.from(JSON.stringify(app), 'utf8'))

/** Opens a client. Problem `credential-unreadable`, which says nothing of what was opened. */
export async function openApp(
  keyring: AppSealer,
  row: Row & Pick<StoredOAuthApp, 'sealed'>,
): Promise<SealedApp> {
  const plaintext = await keyring.open(contextOf(row), row.sealed)
  try {
    return SealedApp.parse(JSON.parse(Buffer.from(plaintext).toString('utf8')))
  } catch {
    // The cause is left out: parsers quote the text that they fail on.
    throw unreadableApp()
  }
}

export const unreadableApp = () =>
  new Problem('credential-unreadable', 'A stored OAuth app cannot be read.', {
    next: 'An owner revokes the connections that use it, deletes it and keeps it anew.',
  })
