import { Buffer } from 'node:buffer'
import { NotificationTarget, Problem } from '@sallyport/contracts'
import { z } from 'zod'
import type { StoredChannel } from './notify-store.ts'

/** The account at Slack or Telegram that a channel's owner linked: only its presses of buttons count. */
const LinkedAccount = z.strictObject({
  /** The other side's lasting id of the account; of Telegram the id of the chat too is this. */
  account: z.string(),
  /** To be shown. */
  name: z.string(),
})
export type LinkedAccount = z.infer<typeof LinkedAccount>

/**
 * What is sealed of a channel: all that says where is sent, whose it is and what it is signed with. Whoever edits a column of its
 * row sends nothing anywhere and links nobody.
 */
const SealedChannel = z.strictObject({
  ownerId: z.string(),
  target: NotificationTarget,
  linked: LinkedAccount.optional(),
  /** Of a webhook: `whsec_…`, and the one before, which signs as well until then (ms since the epoch). */
  signing: z
    .strictObject({
      secret: z.string(),
      previous: z.strictObject({ secret: z.string(), untilMs: z.number() }).optional(),
    })
    .optional(),
})
export type SealedChannel = z.infer<typeof SealedChannel>

/** Where a channel is sealed for: `docs/envelope.md`. */
interface ChannelContext {
  readonly table: string
  readonly column: string
  readonly workspaceId: string
  readonly rowId: string
  readonly rowVersion: number
}

/** Seals and opens; see the keyring of `credentials`. `open` throws Problem `credential-unreadable`. */
export interface NotifySealer {
  seal(context: ChannelContext, plaintext: Uint8Array): Promise<Uint8Array>
  open(context: ChannelContext, sealed: Uint8Array): Promise<Uint8Array>
}

type Row = Pick<StoredChannel, 'id' | 'workspaceId' | 'version'>

const contextOf = ({ id, workspaceId, version }: Row): ChannelContext => ({
  table: 'notification_channels',
  column: 'sealed',
  workspaceId,
  rowId: id,
  rowVersion: version,
})

/** Seals a channel for its row and version. */
export const sealChannel = (
  keyring: NotifySealer,
  row: Row,
  channel: SealedChannel,
): Promise<Uint8Array> => keyring.seal(contextOf(row), Buffer.from(JSON.stringify(channel), 'utf8'))

/**
 * Opens a channel.
 * @throws Problem credential-unreadable, also where the row names another owner or kind than was sealed
 */
export async function openChannel(
  keyring: NotifySealer,
  row: Row & Pick<StoredChannel, 'sealed' | 'ownerId' | 'kind'>,
): Promise<SealedChannel> {
  const plaintext = await keyring.open(contextOf(row), row.sealed)
  const opened = read(plaintext)
  if (opened?.ownerId !== row.ownerId || opened.target.kind !== row.kind) throw unreadable()
  return opened
}

/** What parsers say is left out: they quote the text that they fail on. */
function read(plaintext: Uint8Array): SealedChannel | undefined {
  try {
    return SealedChannel.parse(JSON.parse(Buffer.from(plaintext).toString('utf8')))
  } catch {
    return undefined
  }
}

const unreadable = () =>
  new Problem('credential-unreadable', 'A stored notification channel cannot be read.', {
    next: 'Its owner deletes it and makes it anew.',
  })
