import type { NotificationDelivery, NotificationKind, OwnerScope } from '@sallyport/contracts'
import type { Output } from '../../../api.ts'
import type { Tone } from '../../../components/notice.tsx'

export type Channel = Output<'listNotificationChannels'>['channels'][number]
/** What is added by a form; a browser adds itself. */
export type FormKind = Exclude<Channel['kind'], 'web-push'>

interface KindWords {
  readonly name: string
  /** What comes there, and what it takes. */
  readonly sentence: string
}

export const kindWords: Readonly<Record<Channel['kind'], KindWords>> = {
  'web-push': {
    name: 'Browser',
    sentence: 'Notifications of a browser or an installed app, encrypted for it alone.',
  },
  email: {
    name: 'E-mail',
    sentence: 'A mail with a link. It takes a mail server, which an owner or admin sets up once.',
  },
  'slack-app': {
    name: 'Slack, with buttons',
    sentence:
      'Direct messages of a Slack app of your own, with which you approve and deny in Slack.',
  },
  slack: {
    name: 'Slack, with links',
    sentence:
      'Messages with a link, to one channel. It takes an incoming webhook, and two minutes.',
  },
  telegram: {
    name: 'Telegram',
    sentence: 'Messages of a bot of your own, with which you approve and deny in Telegram.',
  },
  discord: { name: 'Discord', sentence: 'Messages with a link, by a webhook of one channel.' },
  ntfy: {
    name: 'ntfy',
    sentence: 'Push messages to the ntfy app, by ntfy.sh or a server of your own.',
  },
  webhook: {
    name: 'Webhook',
    sentence: 'A signed POST to a program of yours, as Standard Webhooks says.',
  },
}

/** In the order in which they are offered. */
export const formKinds: readonly FormKind[] = [
  ...(['slack-app', 'telegram', 'email', 'slack', 'discord', 'ntfy', 'webhook'] as const),
]

export const isFormKind = (value: string | undefined): value is FormKind =>
  formKinds.some((kind) => kind === value)

/** What each kind of event is called, and what it tells of. */
export const eventWords: Readonly<Record<NotificationKind, KindWords>> = {
  approval: { name: 'Approvals', sentence: 'A request waits for your answer.' },
  capability: { name: 'Capability requests', sentence: 'An agent asks to be allowed more.' },
  needs_reauth: { name: 'Connections', sentence: 'An account has to be connected again.' },
  limit_reached: { name: 'Limits', sentence: 'An agent reached a limit or used up a budget.' },
  unusual_activity: {
    name: 'Unusual activity',
    sentence: 'An agent does what it does not usually do.',
  },
  freeze: { name: 'Freeze', sentence: 'Somebody stopped every agent.' },
}

const isEvent = (value: string): value is NotificationKind => Object.hasOwn(eventWords, value)
/** All of them. Not the contracts' own list: with it come the schemas, which a page that only lists does without. */
export const allEvents: readonly NotificationKind[] = Object.keys(eventWords).filter(isEvent)

/** What a role takes to be told of it: nobody hears of what they may not read. */
export const scopeOfEvent: Readonly<Record<NotificationKind, OwnerScope>> = {
  approval: 'approvals:read',
  capability: 'capabilities:read',
  needs_reauth: 'connections:read',
  limit_reached: 'audit:read',
  unusual_activity: 'audit:read',
  freeze: 'workspace:read',
}

/** How a channel stands, in a word. */
export function standingOf({
  enabled,
  status,
}: Pick<Channel, 'enabled' | 'status'>): readonly [Tone, string] {
  if (!enabled) return ['neutral', 'Turned off']
  return standings[status]
}

const standings = {
  active: ['good', 'Active'],
  unlinked: ['warn', 'Not linked yet'],
  failing: ['bad', 'Failing'],
  gone: ['bad', 'Gone'],
} as const

/** Only a linked account can be sent to: a bot of Telegram writes to nobody who has not written to it. */
export const needsLink = ({ kind, status }: Pick<Channel, 'kind' | 'status'>): boolean =>
  kind === 'telegram' && status === 'unlinked'

/** What hinders a channel, where the vault's own words do not say it. */
export function hindranceOf(channel: Pick<Channel, 'kind' | 'status'>): string | undefined {
  if (channel.status === 'gone') {
    return 'Its target does not exist any more, so nothing is sent. Turning it off and on tries it again.'
  }
  if (channel.status !== 'unlinked') return undefined
  return needsLink(channel)
    ? 'Nothing is sent until your account is linked.'
    : 'Its messages have links and no buttons until your account is linked.'
}

export const deliveryStandings: Readonly<
  Record<NotificationDelivery['status'], readonly [Tone, string]>
> = {
  waiting: ['warn', 'Waiting'],
  delivered: ['good', 'Delivered'],
  failed: ['bad', 'Failed'],
  dropped: ['neutral', 'Not sent'],
}

/** Whether an address names a status. */
export const isDeliveryStatus = (
  value: string | undefined,
): value is NotificationDelivery['status'] =>
  value !== undefined && Object.hasOwn(deliveryStandings, value)
