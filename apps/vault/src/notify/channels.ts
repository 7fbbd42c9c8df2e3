import {
  type createNotificationChannel,
  type deleteNotificationChannel,
  type getNotificationChannel,
  type InputOf,
  type listNotificationChannels,
  type NotificationChannel,
  type NotificationTarget,
  notificationChannelsMax,
  type OutputOf,
  Problem,
  type renewNotificationSecret,
  type updateNotificationChannel,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { requireFreshSignIn } from '../identity/require-fresh-sign-in.ts'
import { readPage, writePage } from '../paging/page-cursor.ts'
import type { NotifyNeeds } from './notify-needs.ts'
import type { StoredChannel } from './notify-store.ts'
import { openChannel, type SealedChannel, sealChannel } from './sealed-channel.ts'
import type { Prepared, Senders } from './sender.ts'
import { invalid } from './senders/http-answer.ts'
import { renewSigning } from './senders/webhook.ts'

type Owner = AuthenticatedOwner
type Needs = Pick<
  NotifyNeeds,
  'store' | 'keyring' | 'senders' | 'audit' | 'newId' | 'randomBytes' | 'now'
>

/** A person's own channels. Another's is `notification-channel-not-found`, like one that does not exist (S-09). */
export interface Channels {
  /**
   * Takes a fresh sign-in: what happens in the workspace is told there from now on, whoever's session made it. Problems:
   * `fresh-sign-in-required`, `invalid-input`, `origin-not-allowed`, `mail-server-not-found`, `too-many-attempts` where the person
   * has as many as there may be.
   */
  create(
    owner: Owner,
    input: InputOf<typeof createNotificationChannel>,
  ): Promise<OutputOf<typeof createNotificationChannel>>
  /** One page, newest first. Problem: `invalid-input` for a cursor that no list has answered. */
  list(
    owner: Owner,
    input: InputOf<typeof listNotificationChannels>,
  ): Promise<OutputOf<typeof listNotificationChannels>>
  get(
    owner: Owner,
    input: InputOf<typeof getNotificationChannel>,
  ): Promise<OutputOf<typeof getNotificationChannel>>
  /** Turning on what was gone tries it again. */
  update(
    owner: Owner,
    input: InputOf<typeof updateNotificationChannel>,
  ): Promise<OutputOf<typeof updateNotificationChannel>>
  /** What waits for it is dropped. */
  delete(
    owner: Owner,
    input: InputOf<typeof deleteNotificationChannel>,
  ): Promise<OutputOf<typeof deleteNotificationChannel>>
  /** Of a webhook. Problems: `invalid-input` for other kinds, `credential-unreadable`, `version-conflict`. */
  renewSecret(
    owner: Owner,
    input: InputOf<typeof renewNotificationSecret>,
  ): Promise<OutputOf<typeof renewNotificationSecret>>
}

/** Builds the operations on channels. */
export function createChannels(needs: Needs): Channels {
  const { store } = needs
  const view = createChannelView(needs)
  return {
    create: createCreation(needs),

    async list(owner, input) {
      const { page, ...rest } = writePage(await store.list(owner, readPage(input)), input)
      return { channels: await Promise.all(page.map((row) => view(owner, row))), ...rest }
    },

    get: async (owner, { channelId }) => ({
      channel: await view(owner, await getChannel(needs, owner, channelId)),
    }),

    async update(owner, { channelId, label, events, detail, enabled }) {
      const current = await getChannel(needs, owner, channelId)
      if (label !== undefined) {
        checkLabel(label, (await openChannel(needs.keyring, current)).target)
      }
      const isBack = enabled === true && current.status === 'gone'
      const stored = await store.update(refOf(owner, channelId), {
        ...(label !== undefined && { label }),
        ...(events !== undefined && { events: [...new Set(events)] }),
        ...(detail !== undefined && { detail }),
        ...(enabled !== undefined && { enabled }),
        ...(isBack && { status: 'failing' as const }),
      })
      if (stored === undefined) throw notFound()
      const changed = Object.entries({ label, events, detail, enabled })
        .filter(([, value]) => value !== undefined)
        .map(([name]) => name)
      await record(needs, owner, { operation: 'updateNotificationChannel', row: stored, changed })
      return { channel: await view(owner, stored) }
    },

    async delete(owner, { channelId }) {
      const row = await getChannel(needs, owner, channelId)
      if (!(await store.delete(refOf(owner, channelId)))) throw notFound()
      await record(needs, owner, { operation: 'deleteNotificationChannel', row })
      return { deleted: true }
    },

    renewSecret: createRenewal(needs),
  }
}

function createCreation(needs: Needs): Channels['create'] {
  const view = createChannelView(needs)
  return async (owner, { label = undefined, events, detail, target }) => {
    requireFreshSignIn(owner, needs.now())
    const prepared = await prepare(needs.senders, target, owner.workspaceId)
    const { ownerId, workspaceId } = owner
    const row = {
      ...{ id: needs.newId('notificationChannel'), workspaceId, ownerId, kind: target.kind },
      ...{ label: label ?? kindNames[target.kind], events: [...new Set(events)], detail },
      ...{ enabled: true, target: prepared.shown, status: prepared.status, version: 1 },
      ...{ lastDeliveredAt: null, lastError: null, createdAt: new Date(needs.now()) },
    }
    checkLabel(row.label, prepared.target)
    const { signing } = prepared
    const sealed = await sealChannel(needs.keyring, row, {
      ownerId,
      target: prepared.target,
      ...(signing !== undefined && { signing }),
    })
    const stored = { ...row, sealed }
    if (!(await needs.store.insert(stored, { channelsMax: notificationChannelsMax }))) {
      throw tooMany()
    }
    await record(needs, owner, { operation: 'createNotificationChannel', row: stored })
    return {
      channel: await view(owner, stored),
      ...(signing !== undefined && { secret: signing.secret }),
    }
  }
}

function createRenewal(needs: Needs): Channels['renewSecret'] {
  const view = createChannelView(needs)
  return async (owner, { channelId }) => {
    const current = await getChannel(needs, owner, channelId)
    const { signing, ...channel } = await openChannel(needs.keyring, current)
    if (signing === undefined) {
      throw invalid('channelId', 'must be of a webhook: other channels sign nothing')
    }
    const renewed = renewSigning(signing, needs)
    const row = { ...current, version: current.version + 1 }
    const sealed = await sealChannel(needs.keyring, row, { ...channel, signing: renewed })
    const stored = await needs.store.update(
      { ...refOf(owner, channelId), version: current.version },
      { sealed, version: row.version },
    )
    if (stored === undefined) throw conflict()
    await record(needs, owner, { operation: 'renewNotificationSecret', row: stored })
    return { channel: await view(owner, stored), secret: renewed.secret }
  }
}

/** A kind that nothing here can send to is no kind. */
function prepare<K extends NotificationTarget['kind']>(
  senders: Senders,
  target: Extract<NotificationTarget, { kind: K }>,
  workspaceId: string,
): Promise<Prepared<K>> | Prepared<K> {
  const sender = senders[target.kind as K]
  if (sender === undefined) {
    const kinds = Object.keys(senders)
    throw invalid('target.kind', `must be one that this vault sends to: ${kinds.join(', ')}`)
  }
  return sender.prepare(target, workspaceId)
}

const kindNames: Readonly<Record<NotificationTarget['kind'], string>> = {
  'web-push': 'This browser',
  slack: 'Slack',
  'slack-app': 'Slack',
  telegram: 'Telegram',
  discord: 'Discord',
  ntfy: 'ntfy',
  email: 'E-mail',
  webhook: 'Webhook',
}

const openTexts = new Set(['kind', 'memberId', 'to', 'server'])
const secretCharsMin = 6

/** Problem `invalid-input` where a secret of the target stands in the label, which is stored in the clear (S-38). */
function checkLabel(label: string, target: NotificationTarget): void {
  const secrets = Object.entries(target).flatMap(([name, value]): string[] => {
    if (openTexts.has(name)) return []
    return typeof value === 'string' ? [value] : Object.values(value ?? {}).map(String)
  })
  const parts = secrets.flatMap((secret) => [secret, ...secret.split('/')])
  const holds = parts.some(
    (part) => part.length >= secretCharsMin && isLong(part) && label.includes(part),
  )
  if (holds) throw invalid('label', 'must not hold the secret: it is stored in the clear')
}

/** A word of an address, such as a host, is no secret. */
const isLong = (part: string): boolean => !/^[a-z]+(?:[.-][a-z]+)*:?$/.test(part)

/** Builds what is shown of a channel. What does not open is shown as failing, and has no buttons. */
function createChannelView({ keyring, senders }: Pick<Needs, 'keyring' | 'senders'>) {
  return async (owner: Owner, row: StoredChannel): Promise<NotificationChannel> => {
    const opened = await openChannel(keyring, row).catch((error: unknown) => {
      if (error instanceof Problem && error.type === 'credential-unreadable') return undefined
      throw error
    })
    const { lastDeliveredAt, lastError } = row
    return {
      ...{ id: row.id, kind: row.kind, label: row.label, events: row.events, detail: row.detail },
      ...{ enabled: row.enabled, target: row.target, createdAt: row.createdAt.toISOString() },
      status: opened === undefined ? 'failing' : row.status,
      canDecide: owner.scopes.has('approvals:write') && hasButtons(senders, row, opened),
      ...(lastDeliveredAt !== null && { lastDeliveredAt: lastDeliveredAt.toISOString() }),
      ...(opened === undefined && { lastError: 'What is stored of it cannot be read.' }),
      ...(opened !== undefined && lastError !== null && { lastError }),
    }
  }
}

const hasButtons = (
  senders: Senders,
  { kind, status }: StoredChannel,
  opened: SealedChannel | undefined,
): boolean =>
  opened?.linked !== undefined && senders[kind]?.hasButtons === true && status !== 'gone'

const refOf = ({ workspaceId, ownerId }: Owner, id: string) => ({ workspaceId, ownerId, id })

/** @throws Problem notification-channel-not-found */
export async function getChannel(
  { store }: { readonly store: Pick<Needs['store'], 'find'> },
  owner: Owner,
  channelId: string,
): Promise<StoredChannel> {
  const row = await store.find(refOf(owner, channelId))
  if (row === undefined) throw notFound()
  return row
}

function record(
  needs: Pick<Needs, 'audit' | 'newId'>,
  { workspaceId, ownerId }: Owner,
  done: {
    readonly operation: string
    readonly row: StoredChannel
    readonly changed?: readonly string[]
  },
) {
  const { id: channelId, kind, events, detail, enabled } = done.row
  return needs.audit.record({
    auditId: needs.newId('audit'),
    ...{ workspaceId, ownerId, operation: done.operation, outcome: 'done' },
    detail: {
      ...{ channelId, kind, events, detail, enabled },
      ...(done.changed !== undefined && { changed: done.changed }),
    },
  })
}

/** One and the same for what does not exist and for what is somebody else's (S-09). */
const notFound = () =>
  new Problem('notification-channel-not-found', 'There is no such notification channel.', {
    next: 'List the channels to see which there are.',
  })

const tooMany = () =>
  new Problem('too-many-attempts', `You have ${notificationChannelsMax} channels already.`, {
    next: 'Delete one that is not needed any more.',
  })

const conflict = () =>
  new Problem('version-conflict', 'The channel was changed meanwhile.', {
    next: 'Read it again and repeat the change where it is still wanted.',
  })
