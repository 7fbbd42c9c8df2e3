import { Problem, type ProblemType, problemKinds } from '@sallyport/contracts'
import { z } from 'zod'
import type { StoredCall, StoredFrame } from './sharing-store.ts'

// What replicas say to each other: read with care, and sealed for the row that it stands in, so that whoever can write to the
// database can neither read it nor say anything of their own.

/** Seals and opens; see the keyring of `credentials`. */
export interface MessageSealer {
  seal(context: SealedFor, plaintext: Uint8Array): Promise<Uint8Array>
  open(context: SealedFor, sealed: Uint8Array): Promise<Uint8Array>
}

interface SealedFor {
  readonly table: 'replica_calls' | 'replica_answers'
  readonly column: 'sealed'
  readonly workspaceId: string
  readonly rowId: string
  readonly rowVersion: number
}

const Asked = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('call'),
    url: z.string(),
    body: z.string(),
    agentId: z.string().optional(),
    wantsProgress: z.boolean(),
    responseBytesMax: z.number().int().positive(),
  }),
  z.strictObject({ kind: z.literal('apply'), anew: z.boolean() }),
  z.strictObject({ kind: z.literal('log') }),
])

/** What is asked of the replica that runs a program. */
export type Asked = z.infer<typeof Asked>

const Message = z.strictObject({
  toReplica: z.string(),
  fromReplica: z.string(),
  serverId: z.string(),
  /** By the database’s clock, in ms since the epoch. */
  deadlineMs: z.number(),
  asked: Asked,
})

/** The same, with whom it is for and until when it may be carried out. */
export type Message = z.infer<typeof Message>

const Frame = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('progress'),
    progress: z.number(),
    total: z.number().optional(),
    message: z.string().optional(),
  }),
  /** A piece of what is answered. */
  z.strictObject({ kind: z.literal('part'), text: z.string() }),
  z.strictObject({
    kind: z.literal('end'),
    status: z.number().int(),
    headers: z.array(z.tuple([z.string(), z.string()])),
  }),
  /** Nothing was done: it does not run there. */
  z.strictObject({ kind: z.literal('not-here') }),
  z.strictObject({
    kind: z.literal('problem'),
    type: z.string(),
    detail: z.string(),
    next: z.string().optional(),
    retryAfterSeconds: z.number().optional(),
    stage: z.string().optional(),
  }),
])

/** A piece of the answer. */
export type Frame = z.infer<typeof Frame>

const contextOfCall = ({ id, workspaceId }: Pick<StoredCall, 'id' | 'workspaceId'>): SealedFor => ({
  ...{ table: 'replica_calls', column: 'sealed', workspaceId, rowId: id, rowVersion: 1 },
})

const contextOfFrame = (
  { id, workspaceId }: Pick<StoredCall, 'id' | 'workspaceId'>,
  seq: number,
): SealedFor => ({
  ...{ table: 'replica_answers', column: 'sealed', workspaceId, rowId: id, rowVersion: seq },
})

const encode = (said: unknown) => Buffer.from(JSON.stringify(said), 'utf8')
const decode = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString('utf8'))

type CallRef = Pick<StoredCall, 'id' | 'workspaceId'>

/** Seals what is asked for the row that it will stand in. */
export const sealMessage = (keyring: MessageSealer, call: CallRef, message: Message) =>
  keyring.seal(contextOfCall(call), encode(message))

/** Throws where it was not sealed for this row, or is no message. */
export const openMessage = async (keyring: MessageSealer, call: StoredCall): Promise<Message> =>
  Message.parse(decode(await keyring.open(contextOfCall(call), call.sealed)))

/** Seals a piece of the answer for its place. */
export const sealFrame = async (
  keyring: MessageSealer,
  call: CallRef,
  { seq, frame }: { readonly seq: number; readonly frame: Frame },
): Promise<StoredFrame> => ({
  seq,
  sealed: await keyring.seal(contextOfFrame(call, seq), encode(frame)),
})

/** Throws where it was not sealed for this place, or is no piece of an answer. */
export const openFrame = async (
  keyring: MessageSealer,
  call: CallRef,
  { seq, sealed }: StoredFrame,
): Promise<Frame> => Frame.parse(decode(await keyring.open(contextOfFrame(call, seq), sealed)))

/** A problem as it goes to the other replica. */
export function frameOf({ type, detail, next, retryAfterSeconds, extra }: Problem): Frame {
  const stage = extra?.stage
  return {
    ...{ kind: 'problem', type, detail },
    ...(next !== undefined && { next }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(typeof stage === 'string' && { stage }),
  }
}

const isProblemType = (type: string): type is ProblemType => Object.hasOwn(problemKinds, type)

/** The same problem again. */
export function problemOf(frame: Extract<Frame, { kind: 'problem' }>): Problem {
  const { type, detail, next, retryAfterSeconds, stage } = frame
  return new Problem(isProblemType(type) ? type : 'internal-error', detail, {
    ...(next !== undefined && { next }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(stage !== undefined && { extra: { stage } }),
  })
}
