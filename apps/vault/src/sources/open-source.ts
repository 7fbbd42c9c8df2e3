import { placeTampered, sourceRevoked } from './source-problems.ts'
import type { SourceRow } from './source-store.ts'
import { placeOf } from './source-target.ts'
import type { SourceCredential, SourcesNeeds } from './sources-needs.ts'

/**
 * Opens the sign-in of a source, for the place that it is sealed for and no other (S-33).
 * @throws Problem connection-revoked, credential-unreadable
 */
export async function openSource(
  { connections }: Pick<SourcesNeeds, 'connections'>,
  row: SourceRow,
): Promise<SourceCredential> {
  const { connection } = row
  if (connection.status === 'revoked') throw sourceRevoked()
  const credential = await connections.open(connection)
  if (!connection.origins.includes(placeOf(row))) throw placeTampered()
  return credential
}
