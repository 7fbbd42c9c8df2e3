import { Buffer } from 'node:buffer'
import { Problem } from '@sallyport/contracts'
import { z } from 'zod'
import type { CredentialContext, Sealer } from '../credential-opener.ts'
import type { RenewableConnection } from './renewable-connection.ts'

/** What is sealed of a connection's tokens. Never log it. */
const Tokens = z.strictObject({
  accessToken: z.string(),
  refreshToken: z.string().optional(),
  /** What the access token was granted for, where the provider said so. */
  scopes: z.array(z.string()).optional(),
})
export type Tokens = z.infer<typeof Tokens>

type Place = Pick<RenewableConnection, 'id' | 'workspaceId' | 'origins'>

/** Sealed for the row, its own version and the connection's origins: no edit of a row sends a token elsewhere (S-33). */
const contextOf = ({ id, workspaceId, origins }: Place, version: number): CredentialContext => ({
  table: 'connection_tokens',
  column: 'sealed',
  workspaceId,
  rowId: id,
  rowVersion: version,
  origins,
})

/** Seals the tokens of a connection for a version of their row. */
export const sealTokens = (
  keyring: Pick<Sealer, 'seal'>,
  at: { readonly connection: Place; readonly version: number },
  tokens: Tokens,
): Promise<Uint8Array> =>
  keyring.seal(
    contextOf(at.connection, at.version),
    Buffer.from(JSON.stringify(Tokens.parse(tokens)), 'utf8'),
  )

/** Opens what was sealed so. Problem `credential-unreadable`, which says nothing of what was opened. */
export async function openTokens(
  keyring: Pick<Sealer, 'open'>,
  stored: { readonly connection: Place; readonly version: number; readonly sealed: Uint8Array },
): Promise<Tokens> {
  const plaintext = await keyring.open(contextOf(stored.connection, stored.version), stored.sealed)
  try {
    return Tokens.parse(JSON.parse(Buffer.from(plaintext).toString('utf8')))
  } catch {
    // The cause is left out: parsers quote the text that they fail on.
    throw new Problem('credential-unreadable', 'A stored access token cannot be read.', {
      next: 'An owner has to reconnect the account or enter the credential again.',
    })
  }
}
