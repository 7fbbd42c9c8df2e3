import { Buffer } from 'node:buffer'
import { AuditStreamTarget, Problem } from '@sallyport/contracts'
import { z } from 'zod'
import type { StoredStream } from './stream-store.ts'

/**
 * What is sealed of a stream: all that says where is sent and what it is signed with. Whoever edits a column of its row sends
 * nothing anywhere else.
 */
const SealedStream = z.strictObject({
  target: AuditStreamTarget,
  /** Of a webhook: `whsec_…`. */
  signingSecret: z.string().optional(),
})
export type SealedStream = z.infer<typeof SealedStream>

/** Where a stream is sealed for: `docs/envelope.md`. */
interface StreamContext {
  readonly table: string
  readonly column: string
  readonly workspaceId: string
  readonly rowId: string
  readonly rowVersion: number
}

/** Seals and opens; see the keyring of `credentials`. `open` throws Problem `credential-unreadable`. */
export interface StreamSealer {
  seal(context: StreamContext, plaintext: Uint8Array): Promise<Uint8Array>
  open(context: StreamContext, sealed: Uint8Array): Promise<Uint8Array>
}

type Row = Pick<StoredStream, 'id' | 'workspaceId' | 'version'>

const contextOf = ({ id, workspaceId, version }: Row): StreamContext => ({
  ...{ table: 'audit_streams', column: 'sealed', workspaceId },
  ...{ rowId: id, rowVersion: version },
})

/** Seals a stream for its row and version. */
export const sealStream = (
  keyring: StreamSealer,
  row: Row,
  stream: SealedStream,
): Promise<Uint8Array> => keyring.seal(contextOf(row), Buffer.from(JSON.stringify(stream), 'utf8'))

/**
 * Opens a stream.
 * @throws Problem credential-unreadable, also where the row names another kind than was sealed
 */
export async function openStream(
  keyring: StreamSealer,
  row: Row & Pick<StoredStream, 'sealed' | 'kind'>,
): Promise<SealedStream> {
  const opened = read(await keyring.open(contextOf(row), row.sealed))
  if (opened?.target.kind !== row.kind) throw unreadable()
  return opened
}

/** What parsers say is left out: they quote the text that they fail on. */
function read(plaintext: Uint8Array): SealedStream | undefined {
  try {
    return SealedStream.parse(JSON.parse(Buffer.from(plaintext).toString('utf8')))
  } catch {
    return undefined
  }
}

const unreadable = () =>
  new Problem('credential-unreadable', 'A stored audit stream cannot be read.', {
    next: 'An owner deletes it and makes it anew.',
  })
