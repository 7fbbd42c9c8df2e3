import { Buffer } from 'node:buffer'
import { timingSafeEqual } from 'node:crypto'
import {
  type finishLinking,
  type InputOf,
  type OutputOf,
  Problem,
  type startLinking,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { requireFreshSignIn } from '../identity/require-fresh-sign-in.ts'
import { type Channels, getChannel } from './channels.ts'
import type { LinkingStore } from './linking-store.ts'
import type { NotifyNeeds } from './notify-needs.ts'
import type { StoredChannel } from './notify-store.ts'
import { type LinkedAccount, openChannel, sealChannel } from './sealed-channel.ts'
import { sendMsMax, type TargetOf } from './sender.ts'
import { invalid } from './senders/http-answer.ts'
import { errorOf, type SlackCall } from './senders/slack-app.ts'
import type { TelegramCall } from './senders/telegram.ts'
import type { TelegramWebhook, TelegramWebhookNeeds } from './telegram-webhook.ts'

/** How long a code can be given, how soon another one is sent, and how often a wrong one may be given. */
const codeLastsMs = 10 * 60_000
const codeEveryMs = 30_000
const triesMax = 5
const codeDigits = 8
const linkBytes = 24

export interface LinkingNeeds extends Pick<NotifyNeeds, 'keyring' | 'audit' | 'newId' | 'now'> {
  readonly store: Pick<NotifyNeeds['store'], 'find'> &
    Pick<LinkingStore, 'beginLink' | 'takeLinkTry' | 'finishLink'>
  readonly channels: Pick<Channels, 'get'>
  readonly randomBytes: (size: number) => Uint8Array
  /** Keyed: what is stored of a code is of no use to whoever reads it. */
  readonly hash: (text: string) => Uint8Array
  readonly slack: SlackCall
  readonly telegram: TelegramCall
  readonly webhook: Pick<TelegramWebhook, 'choose'>
  /** Where a service reaches the vault from outside, where it can: `https:` alone. */
  readonly callbackUrl: TelegramWebhookNeeds['callbackUrl']
}

/** How a person shows that an account at Slack or Telegram is theirs: they see what is sent there, and here they are signed in. */
export interface Linking {
  /** Problems as the operation names them. */
  start(
    owner: AuthenticatedOwner,
    input: InputOf<typeof startLinking>,
  ): Promise<OutputOf<typeof startLinking>>
  /** Of Slack: the code that came there. Problems as the operation names them. */
  finish(
    owner: AuthenticatedOwner,
    input: InputOf<typeof finishLinking>,
  ): Promise<OutputOf<typeof finishLinking>>
  /** Of Telegram: what somebody sent to the bot. Answers whether that linked them. */
  finishByMessage(channel: StoredChannel, code: string, account: LinkedAccount): Promise<boolean>
}

/** Builds linking. */
export function createLinking(needs: LinkingNeeds): Linking {
  return {
    async start(owner, { channelId }) {
      requireFreshSignIn(owner, needs.now())
      const channel = await getChannel(needs, owner, channelId)
      const { target } = await openChannel(needs.keyring, channel)
      if (target.kind === 'slack-app') return { linking: await startSlack(needs, channel, target) }
      if (target.kind === 'telegram') {
        return { linking: await startTelegram(needs, channel, target) }
      }
      throw invalid('channelId', 'must be of a Slack app or a Telegram bot: others have no buttons')
    },

    async finish(owner, { channelId, code }) {
      requireFreshSignIn(owner, needs.now())
      const channel = await getChannel(needs, owner, channelId)
      const { target } = await openChannel(needs.keyring, channel)
      const digits = code.replaceAll(/[\s-]/g, '')
      const isRight =
        target.kind === 'slack-app' &&
        (await isCode(needs, channel, digits)) &&
        (await link(needs, channel, {
          code: digits,
          account: { account: target.memberId, name: target.memberId },
        }))
      if (!isRight) {
        throw new Problem(
          'notification-channel-not-linked',
          'This is not the code that was sent.',
          {
            next: 'Type the newest code, within ten minutes, or have another one sent.',
            fields: [{ field: 'code', message: 'must be the code that came by the channel' }],
          },
        )
      }
      return needs.channels.get(owner, { channelId: channel.id })
    },

    // Nobody guesses it, so that wrong ones need not be counted: a stranger who writes to the bot uses up nobody's tries.
    finishByMessage: (channel, code, account) => link(needs, channel, { code, account }),
  }
}

async function startSlack(
  needs: LinkingNeeds,
  channel: StoredChannel,
  target: TargetOf<'slack-app'>,
) {
  const code = digitsOf(needs.randomBytes)
  const expiresAt = await begin(needs, channel, code)
  const text = `${code.slice(0, codeDigits / 2)} ${code.slice(codeDigits / 2)}`
  const answer = await needs.slack(target, 'chat.postMessage', {
    body: {
      channel: target.memberId,
      text: `Your code to link this account with Sallyport: ${text}. Type it only in your own vault.`,
    },
    signal: AbortSignal.timeout(sendMsMax),
  })
  const error = answer.status === 200 ? errorOf(answer.body) : `HTTP ${answer.status}`
  if (error !== undefined) throw failed(`Slack took no message: ${error}.`)
  const callbackUrl = needs.callbackUrl('slack', channel.id)
  return {
    ...{ way: 'code-from-message' as const, expiresAt },
    ...(callbackUrl !== undefined && { callbackUrl }),
  }
}

async function startTelegram(
  needs: LinkingNeeds,
  channel: StoredChannel,
  target: TargetOf<'telegram'>,
) {
  const signal = AbortSignal.timeout(sendMsMax)
  const me = await needs.telegram(target, 'getMe', { body: {}, signal })
  const username = usernameIn(me.body)
  if (me.status !== 200 || username === undefined) {
    throw failed(`Telegram does not know the bot: HTTP ${me.status}.`)
  }
  await needs.webhook.choose(channel.id, target)
  const code = Buffer.from(needs.randomBytes(linkBytes)).toString('base64url')
  const expiresAt = await begin(needs, channel, code)
  return { way: 'open-link' as const, url: `https://t.me/${username}?start=${code}`, expiresAt }
}

/** Notes the code; answers until when it can be given. */
async function begin(needs: LinkingNeeds, channel: StoredChannel, code: string): Promise<string> {
  const link = { hash: hashOf(needs, channel, code), lastsMs: codeLastsMs, everyMs: codeEveryMs }
  if (!(await needs.store.beginLink(channel, link))) {
    throw new Problem('too-many-attempts', 'A code was made a moment ago.', {
      next: `Use that one, or wait ${codeEveryMs / 1000} s.`,
      retryAfterSeconds: codeEveryMs / 1000,
    })
  }
  return new Date(needs.now() + codeLastsMs).toISOString()
}

/** Is it the code that was sent? Each try is counted. */
async function isCode(needs: LinkingNeeds, channel: StoredChannel, code: string): Promise<boolean> {
  const expected = await needs.store.takeLinkTry(channel.id, triesMax)
  return expected !== undefined && timingSafeEqual(expected, hashOf(needs, channel, code))
}

/** Seals the account with the channel, where linking with this code is under way still. */
async function link(
  needs: LinkingNeeds,
  channel: StoredChannel,
  { code, account }: { readonly code: string; readonly account: LinkedAccount },
): Promise<boolean> {
  const { linked: _, ...opened } = await openChannel(needs.keyring, channel)
  const row = { ...channel, version: channel.version + 1 }
  const sealed = await sealChannel(needs.keyring, row, { ...opened, linked: account })
  const target = shownWith(channel.target, account)
  const hash = hashOf(needs, channel, code)
  const stored = await needs.store.finishLink({ ...row, sealed, target, hash })
  if (stored === undefined) return false
  const { workspaceId, ownerId, id: channelId, kind } = channel
  await needs.audit.record({
    auditId: needs.newId('audit'),
    ...{ workspaceId, ownerId, operation: 'finishLinking', outcome: 'done' },
    detail: { channelId, kind, account: account.account, name: account.name },
  })
  return true
}

/** Its owner sees who is linked. */
const shownWith = (target: string, { account, name }: LinkedAccount): string =>
  account === name ? target : `${target.split(arrow, 1)[0]}${arrow}${name}`
const arrow = ' → '

/** The same code at another channel, or after something was linked, has another hash. */
const hashOf = ({ hash }: LinkingNeeds, { id, version }: StoredChannel, code: string) =>
  hash(`link:${id}:${version}:${code}`)

function digitsOf(randomBytes: LinkingNeeds['randomBytes']): string {
  const number = Buffer.from(randomBytes(8)).readBigUInt64BE() % 10n ** BigInt(codeDigits)
  return String(number).padStart(codeDigits, '0')
}

function usernameIn(body: string): string | undefined {
  try {
    const said = JSON.parse(body) as { result?: { username?: unknown } } | null
    const username = said?.result?.username
    return typeof username === 'string' && /^\w{3,64}$/.test(username) ? username : undefined
  } catch {
    return undefined // Not Telegram's.
  }
}

const failed = (detail: string) =>
  new Problem('notification-failed', detail, {
    next: 'Check what the channel was made with, and make it anew where something is wrong.',
  })
