import { Buffer } from 'node:buffer'
import { Problem } from '@sallyport/contracts'
import { z } from 'zod'
import type { MessageReference, SealedReference } from './message.ts'
import type { NotifySealer } from './sealed-channel.ts'

/**
 * A message with buttons as it was delivered: where, of what, and exactly what it showed. A press counts on this message alone, and
 * what became of the approval is said on this one; whoever edits a column of the row points at no other.
 */
const ToldMessage = z.strictObject({
  channelId: z.string(),
  approvalId: z.string(),
  /** What the buttons stand beside: method, host and path. */
  asked: z.string(),
  /** How the other side calls it. */
  message: z.record(z.string(), z.string()),
})
export type ToldMessage = z.infer<typeof ToldMessage>

interface Row {
  readonly workspaceId: string
  readonly deliveryId: string
}

const contextOf = ({ workspaceId, deliveryId }: Row) => ({
  ...{ table: 'notification_deliveries', column: 'reference', workspaceId },
  ...{ rowId: deliveryId, rowVersion: 1 },
})

/** What is asked, as it is shown and compared. */
export const askedOf = (of: {
  readonly method: string
  readonly host: string
  readonly path: string
}): string => `${of.method} ${of.host}${of.path}`

/** Seals what was told for the row of its delivery. */
export async function sealReference(
  keyring: NotifySealer,
  row: Row,
  told: Omit<ToldMessage, 'message'> & { readonly message: MessageReference },
): Promise<SealedReference> {
  const sealed = await keyring.seal(contextOf(row), Buffer.from(JSON.stringify(told), 'utf8'))
  return { sealed: Buffer.from(sealed).toString('base64') }
}

/**
 * Opens it.
 * @throws Problem credential-unreadable, also where it was sealed for another channel or approval
 */
export async function openReference(
  keyring: NotifySealer,
  row: Row & Pick<ToldMessage, 'channelId' | 'approvalId'>,
  { sealed }: Partial<SealedReference>,
): Promise<ToldMessage> {
  const plaintext = await keyring.open(contextOf(row), Buffer.from(sealed ?? '', 'base64'))
  const told = read(plaintext)
  if (told?.channelId !== row.channelId || told.approvalId !== row.approvalId) throw unreadable()
  return told
}

/** What parsers say is left out: they quote the text that they fail on. */
function read(plaintext: Uint8Array): ToldMessage | undefined {
  try {
    return ToldMessage.parse(JSON.parse(Buffer.from(plaintext).toString('utf8')))
  } catch {
    return undefined
  }
}

const unreadable = () =>
  new Problem('credential-unreadable', 'What is stored of a message with buttons cannot be read.', {
    next: 'Answer the approval in Sallyport.',
  })
