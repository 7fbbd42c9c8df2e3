import { type AuditStreamTarget, Problem } from '@sallyport/contracts'
import { openStream } from './sealed-stream.ts'
import { type Sent, type StreamPart, type StreamSender, sendMsMax } from './sender.ts'
import type { StreamNeeds } from './stream-needs.ts'
import type { StoredStream } from './stream-store.ts'

type Needs = Pick<StreamNeeds, 'keyring' | 'senders' | 'onFailure'>

/** Makes one attempt to send a part. Whatever goes wrong is a result, bounded in time and without a secret. */
export async function attempt(
  needs: Needs,
  stream: StoredStream,
  { part, stop }: { readonly part: StreamPart; readonly stop: AbortSignal },
): Promise<Sent> {
  try {
    const { target, signingSecret } = await openStream(needs.keyring, stream)
    const signal = AbortSignal.any([AbortSignal.timeout(sendMsMax), stop])
    return await send(needs, target, { part, signal, signingSecret })
  } catch (error) {
    if (error instanceof Problem) {
      const { retryAfterSeconds } = error
      return { taken: false, message: error.detail, retryAfterSeconds }
    }
    // No message of it: what a library throws may quote what it was given.
    const name = new Error(error instanceof Error ? error.name : typeof error)
    needs.onFailure('a part of the audit log could not be sent', name)
    return { taken: false, message: 'Something went wrong in the vault.' }
  }
}

function send<K extends AuditStreamTarget['kind']>(
  { senders }: Needs,
  target: Extract<AuditStreamTarget, { kind: K }>,
  {
    part,
    ...context
  }: {
    readonly part: StreamPart
    readonly signal: AbortSignal
    readonly signingSecret: string | undefined
  },
): Promise<Sent> {
  const sender: StreamSender<K> = senders[target.kind as K]
  return sender.send(target, part, context)
}
