import { Buffer } from 'node:buffer'
import { Problem } from '@sallyport/contracts'
import type { ConnectionSnapshot } from './connection-store.ts'
import { type OpenedCredential, toOpenedCredential } from './opened-credential.ts'
import { decodeCredential, type StoredCredential } from './stored-credential.ts'

/** Where a credential is sealed for: `docs/envelope.md`. */
export interface CredentialContext {
  readonly table: string
  readonly column: string
  readonly workspaceId: string
  readonly rowId: string
  readonly rowVersion: number
  readonly origins: readonly string[]
}

/** Seals and opens; see the keyring of `credentials`. `open` throws Problem `credential-unreadable`. */
export interface Sealer {
  seal(context: CredentialContext, plaintext: Uint8Array): Promise<Uint8Array>
  open(context: CredentialContext, sealed: Uint8Array): Promise<Uint8Array>
}

/** What a credential is bound to, and the bytes that hold it. */
type SealedConnection = Pick<
  ConnectionSnapshot,
  'id' | 'workspaceId' | 'version' | 'sealed' | 'origins'
>

/** The row and the origins that a connection's credential is bound to. */
export function credentialContext(row: Omit<SealedConnection, 'sealed'>): CredentialContext {
  return {
    table: 'connections',
    column: 'sealed',
    workspaceId: row.workspaceId,
    rowId: row.id,
    rowVersion: row.version,
    origins: row.origins,
  }
}

/**
 * Opens a connection's credential. Problems: `connection-revoked` where it was destroyed, `credential-unreadable`.
 * Neither says anything of what was opened.
 */
export async function readCredential(
  keyring: Sealer,
  connection: SealedConnection,
): Promise<StoredCredential> {
  if (connection.sealed === null) throw new Problem('connection-revoked')
  const plaintext = await keyring.open(credentialContext(connection), connection.sealed)
  try {
    return decodeCredential(plaintext)
  } catch {
    // The cause is left out: parsers quote the text that they fail on.
    throw new Problem('credential-unreadable', 'A stored secret cannot be read.', {
      next: 'An owner has to enter the credential again.',
    })
  }
}

/** Opens credentials and keeps those used last. */
export interface CredentialOpener {
  /** Problems: `connection-revoked` where it was destroyed, `credential-unreadable`. */
  open(connection: SealedConnection): Promise<OpenedCredential>
  /** Drops what is kept of a connection. */
  forget(connectionId: string): void
  /** Drops all that is kept. */
  clear(): void
}

interface Entry {
  readonly connection: SealedConnection
  readonly opened: Promise<OpenedCredential>
}

const entriesMax = 10_000

/**
 * Builds an opener. A credential is kept for exactly the row that it was opened for: a row that differs in version,
 * workspace, origins or sealed bytes is opened again, so that no change of a row can profit from what is in memory.
 */
export function createCredentialOpener({ keyring }: { keyring: Sealer }): CredentialOpener {
  const entries = new Map<string, Entry>() // In order of use: the first is the one unused for longest.

  const openAnew = async (connection: SealedConnection) =>
    toOpenedCredential(await readCredential(keyring, connection))

  function keep(connection: SealedConnection): Promise<OpenedCredential> {
    const opened = openAnew(connection)
    entries.delete(connection.id)
    entries.set(connection.id, { connection, opened })
    opened.catch(() => {
      if (entries.get(connection.id)?.opened === opened) entries.delete(connection.id)
    })
    const [oldest] = entries.keys()
    if (entries.size > entriesMax && oldest !== undefined) entries.delete(oldest)
    return opened
  }

  return {
    async open(connection) {
      const entry = entries.get(connection.id)
      if (entry === undefined || !isSameSeal(entry.connection, connection)) return keep(connection)
      entries.delete(connection.id)
      entries.set(connection.id, entry)
      return entry.opened
    },
    forget: (connectionId) => void entries.delete(connectionId),
    clear: () => entries.clear(),
  }
}

function isSameSeal(a: SealedConnection, b: SealedConnection): boolean {
  if (a === b) return true
  if (a.version !== b.version || a.workspaceId !== b.workspaceId) return false
  if (a.sealed === null || b.sealed === null || Buffer.compare(a.sealed, b.sealed) !== 0)
    return false
  return (
    a.origins.length === b.origins.length && a.origins.every((origin, i) => origin === b.origins[i])
  )
}
