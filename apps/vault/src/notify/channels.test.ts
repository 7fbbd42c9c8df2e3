import { Problem } from '@sallyport/contracts'
import { beforeEach, describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { type Channels, createChannels } from './channels.ts'
import { createAttempts } from './deliver.ts'
import type { Message } from './message.ts'
import type { NotifyEvent, NotifyNeeds } from './notify-needs.ts'
import type { StoredChannel } from './notify-store.ts'
import type { Senders } from './sender.ts'
import { createNtfySender } from './senders/ntfy.ts'
import { createWebhookSender } from './senders/webhook.ts'

const nowMs = Date.parse('2026-11-21T12:00:00Z')
const owner: AuthenticatedOwner = {
  ...{ ownerId: 'own_1', workspaceId: 'wsp_1', email: 'me@example.com', role: 'owner' },
  ...{ scopes: new Set(['approvals:write'] as const), via: 'session' },
  ...{ expiresAtMs: nowMs + 1, authenticatedAtMs: nowMs },
}
const webhook = { kind: 'webhook', url: 'https://a.example/hook' } as const
const given = { events: [], detail: 'full' as const, label: undefined }

/** The room's channels on a store in memory, and a keyring that opens only what it sealed for the same place. */
function room() {
  const rows = new Map<string, StoredChannel>()
  const events: NotifyEvent[] = []
  const posted: string[] = []
  const keyring: NotifyNeeds['keyring'] = {
    seal: async (context, plaintext) =>
      Buffer.from(JSON.stringify([context, Buffer.from(plaintext).toString('base64')])),
    open: async (context, sealed) => {
      const [place, text] = JSON.parse(Buffer.from(sealed).toString())
      if (JSON.stringify(place) !== JSON.stringify(context))
        throw new Problem('credential-unreadable')
      return Buffer.from(text, 'base64')
    },
  }
  const isOf = (row: StoredChannel | undefined, ref: { ownerId: string; workspaceId: string }) =>
    row?.ownerId === ref.ownerId && row.workspaceId === ref.workspaceId ? row : undefined
  const store: Pick<NotifyNeeds['store'], 'insert' | 'find' | 'update' | 'delete'> = {
    insert: async (row, { channelsMax }) => {
      if (rows.size >= channelsMax) return false
      rows.set(row.id, row)
      return true
    },
    find: async (ref) => isOf(rows.get(ref.id), ref),
    update: async ({ version, ...ref }, changes) => {
      const row = isOf(rows.get(ref.id), ref)
      if (row === undefined || (version !== undefined && version !== row.version)) return undefined
      rows.set(ref.id, { ...row, ...changes })
      return rows.get(ref.id)
    },
    delete: async (ref) => isOf(rows.get(ref.id), ref) !== undefined && rows.delete(ref.id),
  }
  let ids = 0
  const http = {
    mayUseOrigin: (origin: string) =>
      origin.startsWith('https:') ? (true as const) : 'It begins with https:.',
    post: async (url: string) => {
      posted.push(url)
      return { status: 200, words: 'ok', body: 'ok', retryAfterSeconds: undefined }
    },
  }
  const randomBytes = (size: number) => new Uint8Array(size).fill(7)
  const senders: Senders = {
    webhook: createWebhookSender({ ...http, randomBytes, now: () => nowMs }),
    ntfy: createNtfySender(http),
  }
  const needs = {
    ...{ store: store as NotifyNeeds['store'], keyring, senders, randomBytes, now: () => nowMs },
    audit: { record: async (event: NotifyEvent) => events.push(event) },
    newId: () => `ntc_${ids++}`,
    pagesUrl: () => 'https://vault.example',
    onFailure: () => {},
  }
  return { rows, events, posted, channels: createChannels(needs), attempts: createAttempts(needs) }
}

const typeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'nothing was refused',
    (error: unknown) => String(Object(error).type),
  )

describe('channels', () => {
  let scene: ReturnType<typeof room>
  let channels: Channels
  beforeEach(() => {
    scene = room()
    channels = scene.channels
  })

  it('are made by who signed in a moment ago, and by no token', async () => {
    verifies('S-42')
    const old = { ...owner, authenticatedAtMs: nowMs - 6 * 60_000 }
    expect(await typeOf(channels.create(old, { ...given, target: webhook }))).toBe(
      'fresh-sign-in-required',
    )
    const byToken = { ...owner, via: 'token' as const }
    expect(await typeOf(channels.create(byToken, { ...given, target: webhook }))).toBe(
      'session-required',
    )
    expect(scene.rows.size).toBe(0)
  })

  it('are of a kind that there is something to send with', async () => {
    const target = {
      kind: 'telegram',
      botToken: '12345:abcdefghijklmnopqrstuvwxyz',
      server: 'https://api.telegram.org',
    } as const
    const refused = channels.create(owner, { ...given, target })
    expect(await typeOf(refused)).toBe('invalid-input')
    await expect(refused).rejects.toThrow(/webhook, ntfy/)
  })

  it('tell a webhook’s secret when it is made and renewed, and nothing else of one ever', async () => {
    verifies('S-38')
    const made = await channels.create(owner, { ...given, target: webhook })
    expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{42,}=*$/)
    const { id: channelId } = made.channel
    expect(await channels.get(owner, { channelId })).not.toHaveProperty('secret')
    const renewed = await channels.renewSecret(owner, { channelId })
    expect(renewed.secret).toMatch(/^whsec_/)
    const ntfy = { kind: 'ntfy', server: 'https://ntfy.sh/', topic: 'a-long-secret-topic' } as const
    const other = await channels.create(owner, { ...given, target: ntfy })
    expect(JSON.stringify(other)).not.toContain('secret')
    expect(await typeOf(channels.renewSecret(owner, { channelId: other.channel.id }))).toBe(
      'invalid-input',
    )
    expect(JSON.stringify(scene.events)).not.toMatch(/whsec|a\.example|topic/)
    expect(scene.events.map(({ operation }) => operation)).toEqual([
      'createNotificationChannel',
      'renewNotificationSecret',
      'createNotificationChannel',
    ])
  })

  it('take no secret into their label', async () => {
    verifies('S-38')
    const target = { kind: 'ntfy', server: 'https://ntfy.sh', topic: 'MyTopic0123' } as const
    const named = { ...given, target, label: 'my MyTopic0123' }
    expect(await typeOf(channels.create(owner, named))).toBe('invalid-input')
    const { channel } = await channels.create(owner, { ...given, target, label: 'phone' })
    const renamed = { channelId: channel.id, label: 'MyTopic0123' }
    expect(await typeOf(channels.update(owner, renamed))).toBe('invalid-input')
  })

  it('send nothing where their row was given to somebody else, or another row’s seal', async () => {
    verifies('S-33')
    const one = await channels.create(owner, { ...given, target: webhook })
    const two = await channels.create(owner, {
      ...given,
      target: { kind: 'webhook', url: 'https://b.example/hook' },
    })
    const rowOf = (id: string) => {
      const row = scene.rows.get(id)
      if (row === undefined) throw new Error('there is no such row')
      return row
    }
    const [first, second] = [rowOf(one.channel.id), rowOf(two.channel.id)]
    const message: Message = {
      ...({ kind: 'test', severity: 'normal', detail: 'full' } as const),
      ...{ title: 'x', facts: [], url: 'https://vault.example/' },
    }
    const delivery = { id: 'ntd_1', createdAt: new Date(), stop: new AbortController().signal }
    for (const row of [
      { ...first, ownerId: 'own_2' },
      { ...first, kind: 'ntfy' as const },
      { ...first, sealed: second.sealed },
      { ...first, version: 2 },
      { ...first, workspaceId: 'wsp_2' },
    ]) {
      const { result } = await scene.attempts.sendTo(row, message, delivery)
      expect(result.delivered).toBe(false)
    }
    expect(scene.posted).toEqual([])
    const { result } = await scene.attempts.sendTo(first, message, delivery)
    expect(result.delivered).toBe(true)
  })
})
