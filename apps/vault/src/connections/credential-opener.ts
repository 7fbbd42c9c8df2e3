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
  'id' | 'workspaceId' | 'version' | 'sealed' | 'origins' | 'credentialKind'
>

/** The row and the origins that a connection's credential is bound to. */
export function credentialContext(
  row: Omit<SealedConnection, 'sealed' | 'credentialKind'>,
): CredentialContext {
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
  const credential = decode(plaintext)
  // The column says where the credential goes, before it is opened: one that says something else was tampered with.
  if (credential.kind !== connection.credentialKind) throw unreadable()
  return credential
}

function decode(plaintext: Uint8Array): StoredCredential {
  try {
    return decodeCredential(plaintext)
  } catch {
    // The cause is left out: parsers quote the text that they fail on.
    throw unreadable()
  }
}

const unreadable = () =>
  new Problem('credential-unreadable', 'A stored secret cannot be read.', {
    next: 'An owner has to enter the credential again.',
  })

/** Opens credentials and keeps those used last. */
export interface CredentialOpener {
  /** Problems: `connection-revoked` where it was destroyed, `credential-unreadable`. */
  open(connection: SealedConnection): Promise<OpenedCredential>
  /** The same where it is in memory already; undefined where it has to be opened. */
  peek(connection: SealedConnection): OpenedCredential | undefined
  /** Drops what is kept of a connection. */
  forget(connectionId: string): void
  /** Drops all that is kept. */
  clear(): void
}

interface Entry {
  readonly connection: SealedConnection
  readonly opened: Promise<OpenedCredential>
  /** The same once it is there. */
  value: OpenedCredential | undefined
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
    const entry: Entry = { connection, opened, value: undefined }
    entries.delete(connection.id)
    entries.set(connection.id, entry)
    opened.then(
      (value) => {
        entry.value = value
      },
      () => {
        if (entries.get(connection.id) === entry) entries.delete(connection.id)
      },
    )
    const [oldest] = entries.keys()
    if (entries.size > entriesMax && oldest !== undefined) entries.delete(oldest)
    return opened
  }

  function find(connection: SealedConnection): Entry | undefined {
    const entry = entries.get(connection.id)
    if (entry === undefined || !isSameSeal(entry.connection, connection)) return undefined
    entries.delete(connection.id)
    entries.set(connection.id, entry)
    return entry
  }

  return {
    open: async (connection) => find(connection)?.opened ?? keep(connection),
    peek: (connection) => find(connection)?.value,
    forget: (connectionId) => void entries.delete(connectionId),
    clear: () => entries.clear(),
  }
}

function isSameSeal(a: SealedConnection, b: SealedConnection): boolean {
  if (a === b) return true
  if (a.version !== b.version || a.workspaceId !== b.workspaceId) return false
  if (a.credentialKind !== b.credentialKind) return false
  if (a.sealed === null || b.sealed === null || Buffer.compare(a.sealed, b.sealed) !== 0)
    return false
  return (
    a.origins.length === b.origins.length && a.origins.every((origin, i) => origin === b.origins[i])
  )
}
