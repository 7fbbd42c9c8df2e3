import {
  type AuditStream,
  type AuditStreamTarget,
  auditStreamsMax,
  type createAuditStream,
  type InputOf,
  type OutputOf,
  Problem,
  type updateAuditStream,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { requireFreshSignIn } from '../identity/require-fresh-sign-in.ts'
import { openStream, type SealedStream, sealStream } from './sealed-stream.ts'
import type { StreamSender } from './sender.ts'
import type { StreamNeeds } from './stream-needs.ts'
import type { StoredStream, StreamChanges, StreamProgress } from './stream-store.ts'

type Owner = AuthenticatedOwner
type OneStream = { readonly streamId: string }

/** Where the audit log of a workspace is sent, and who may say so. */
export interface Streams {
  /** From a session it takes a fresh sign-in: the log leaves the house. Problems: as the operation names them. */
  create(
    owner: Owner,
    input: InputOf<typeof createAuditStream>,
  ): Promise<OutputOf<typeof createAuditStream>>
  list(owner: Owner): Promise<{ streams: AuditStream[] }>
  /** Problem: `audit-stream-not-found`, also for those of other workspaces (S-09). */
  get(owner: Owner, input: OneStream): Promise<{ stream: AuditStream }>
  /** Where a target is given, it takes a fresh sign-in as creation does. Problems: as the operation names them. */
  update(
    owner: Owner,
    input: InputOf<typeof updateAuditStream>,
  ): Promise<OutputOf<typeof updateAuditStream>>
  /** Problem: `audit-stream-not-found`. */
  delete(owner: Owner, input: OneStream): Promise<{ deleted: true }>
}

type Needs = Omit<StreamNeeds, 'onFailure'>

/** Builds the operations on streams. */
export function createStreams(needs: Needs): Streams {
  const { store } = needs
  const view = createView(needs)
  return {
    create: createCreation(needs),

    async list({ workspaceId }) {
      return { streams: await Promise.all((await store.list(workspaceId)).map(view)) }
    },

    get: async (owner, { streamId }) => ({
      stream: await view(await getStream(needs, owner, streamId)),
    }),

    update: createUpdate(needs),

    async delete(owner, { streamId }) {
      const row = await getStream(needs, owner, streamId)
      if (!(await store.delete(owner.workspaceId, streamId))) throw notFound()
      await record(needs, owner, { operation: 'deleteAuditStream', row })
      return { deleted: true }
    },
  }
}

function createCreation(needs: Needs): Streams['create'] {
  const { store, keyring, now } = needs
  const view = createView(needs)
  return async (owner, input) => {
    // A token has the scope for it by an owner's word, and nobody who could sign in again.
    if (owner.via === 'session') requireFreshSignIn(owner, now())
    const { workspaceId } = owner
    const prepared = prepare(needs, input.target)
    const { signingSecret: secret } = prepared
    const { kind } = input.target
    const row = {
      ...{ id: needs.newId('auditStream'), workspaceId, kind },
      label: checkLabel(input.label ?? kindNames[kind], input.target),
      ...{ sends: unique(input.sends), format: input.format, enabled: true, version: 1 },
      ...{ failures: 0, lastError: null, lastDeliveredAt: null, createdAt: new Date(now()) },
    }
    const sealed = await sealStream(keyring, row, prepared)
    const bounds = { streamsMax: auditStreamsMax, from: input.from }
    if (!(await store.insert({ ...row, sealed }, bounds))) throw tooMany()
    const made = await getStream(needs, owner, row.id)
    await record(needs, owner, { operation: 'createAuditStream', row: made, prepared })
    return { stream: await view(made), ...(secret !== undefined && { secret }) }
  }
}

function createUpdate(needs: Needs): Streams['update'] {
  const { store, keyring, now } = needs
  const view = createView(needs)
  return async (owner, { streamId, version, target, ...given }) => {
    if (target !== undefined && owner.via === 'session') requireFreshSignIn(owner, now())
    const current = await getStream(needs, owner, streamId)
    if (version !== current.version) throw conflict()
    if (target !== undefined && target.kind !== current.kind) throw otherKind(current.kind)
    const prepared =
      target === undefined ? await openStream(keyring, current) : prepare(needs, target)
    const next = { ...current, version: version + 1 }
    const changes: StreamChanges = {
      ...(given.label !== undefined && { label: checkLabel(given.label, prepared.target) }),
      ...(given.sends !== undefined && { sends: unique(given.sends) }),
      ...(given.format !== undefined && { format: given.format }),
      ...(given.enabled !== undefined && { enabled: given.enabled }),
      sealed: await sealStream(keyring, next, prepared),
    }
    const { workspaceId } = owner
    if (!(await store.update({ workspaceId, id: streamId, version }, changes))) throw conflict()
    const row = await getStream(needs, owner, streamId)
    const changed = Object.entries({ ...given, target }).flatMap(([name, value]) =>
      value === undefined ? [] : [name],
    )
    await record(needs, owner, { operation: 'updateAuditStream', row, prepared, changed })
    const secret = target === undefined ? undefined : prepared.signingSecret
    return { stream: await view(row), ...(secret !== undefined && { secret }) }
  }
}

function prepare<K extends AuditStreamTarget['kind']>(
  { senders }: Pick<Needs, 'senders'>,
  target: Extract<AuditStreamTarget, { kind: K }>,
): SealedStream {
  const kind: K = target.kind as K
  const sender: StreamSender<K> = senders[kind]
  const { target: prepared, signingSecret } = sender.prepare(target)
  return { target: prepared, ...(signingSecret !== undefined && { signingSecret }) }
}

function show<K extends AuditStreamTarget['kind']>(
  { senders }: Pick<Needs, 'senders'>,
  target: Extract<AuditStreamTarget, { kind: K }>,
): string {
  const sender: StreamSender<K> = senders[target.kind as K]
  return sender.show(target)
}

const kindNames: Readonly<Record<AuditStream['kind'], string>> = {
  webhook: 'Webhook',
  syslog: 'Syslog',
  s3: 'S3 bucket',
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)]

const secretCharsMin = 6

/** Problem `invalid-input` where a secret of the target stands in the label, which is stored in the clear (S-38). */
function checkLabel(label: string, target: AuditStreamTarget): string {
  const secrets =
    target.kind === 's3'
      ? [target.secretAccessKey, target.sessionToken ?? '']
      : target.kind === 'webhook'
        ? [target.url, ...(target.authorization ?? '').split(' ')]
        : []
  if (!secrets.some((text) => text.length >= secretCharsMin && label.includes(text))) return label
  throw new Problem('invalid-input', 'The label holds the secret, and is stored in the clear.', {
    fields: [{ field: 'label', message: 'must not hold the secret: it is stored in the clear' }],
  })
}

/** Builds what is shown of a stream. What does not open is shown as failing. */
function createView(needs: Pick<Needs, 'keyring' | 'senders'>) {
  return async (row: StreamProgress): Promise<AuditStream> => {
    const opened = await openStream(needs.keyring, row).catch((error: unknown) => {
      if (error instanceof Problem && error.type === 'credential-unreadable') return undefined
      throw error
    })
    const { lastError, lastDeliveredAt, failures, enabled } = row
    const isFailing = failures > 0 || opened === undefined
    const error = opened === undefined ? 'What is stored of it cannot be read.' : lastError
    const sendsEntries = row.sends.includes('entries')
    const reached = sendsEntries ? row.lastSeq : row.lastCheckpointSeq
    return {
      ...{ id: row.id, kind: row.kind, label: row.label, sends: row.sends, format: row.format },
      ...{ enabled, version: row.version, failures, lastSeq: reached },
      target: opened === undefined ? '' : show(needs, opened.target),
      status: enabled ? (isFailing ? 'failing' : 'active') : 'disabled',
      behind: sendsEntries ? Math.max(0, row.headSeq - reached) : row.checkpointsLeft,
      ...(error !== null && { lastError: error }),
      ...(lastDeliveredAt !== null && { lastDeliveredAt: lastDeliveredAt.toISOString() }),
      ...(enabled && isFailing && { nextAttemptAt: row.nextAttemptAt.toISOString() }),
      createdAt: row.createdAt.toISOString(),
    }
  }
}

/** @throws Problem audit-stream-not-found */
export async function getStream(
  { store }: Pick<Needs, 'store'>,
  { workspaceId }: Pick<Owner, 'workspaceId'>,
  streamId: string,
): Promise<StreamProgress> {
  const row = await store.find(workspaceId, streamId)
  if (row === undefined) throw notFound()
  return row
}

function record(
  needs: Needs,
  { workspaceId, ownerId }: Owner,
  done: {
    readonly operation: string
    readonly row: StoredStream
    readonly prepared?: SealedStream
    readonly changed?: readonly string[]
  },
) {
  const { id: streamId, kind, sends, format, enabled } = done.row
  return needs.audit.record({
    auditId: needs.newId('audit'),
    ...{ workspaceId, ownerId, operation: done.operation, outcome: 'done' },
    detail: {
      ...{ streamId, kind, sends, format, enabled },
      ...(done.prepared !== undefined && { target: show(needs, done.prepared.target) }),
      ...(done.changed !== undefined && { changed: done.changed }),
    },
  })
}

/** One and the same for what does not exist and for what is another workspace's (S-09). */
const notFound = () =>
  new Problem('audit-stream-not-found', 'There is no such audit stream.', {
    next: 'List the streams to see which there are.',
  })

const tooMany = () =>
  new Problem('too-many-attempts', `The workspace has ${auditStreamsMax} streams already.`, {
    next: 'Delete one that is not needed any more.',
  })

const conflict = () =>
  new Problem('version-conflict', 'The stream was changed meanwhile.', {
    next: 'Read it again and repeat the change where it is still wanted.',
  })

const otherKind = (kind: AuditStream['kind']) =>
  new Problem('invalid-input', `The stream is of the kind ${kind}.`, {
    next: 'Make another stream for another kind of place.',
    fields: [{ field: 'target.kind', message: `must be ${kind}` }],
  })
