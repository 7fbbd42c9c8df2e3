import { z } from 'zod'
import { Label, NextCursor, Page, Timestamp } from './common.ts'
import { NotificationChannelId, NotificationDeliveryId } from './ids.ts'
import { NotificationTarget, notificationTargetKinds } from './notification-target.ts'
import { defineOperation } from './operation.ts'

// How what happens reaches a person who does not look: channels are each person's own, and say which kinds of event they want.

export const notificationKinds = [
  'approval',
  'capability',
  'needs_reauth',
  'limit_reached',
  'unusual_activity',
  'freeze',
] as const
export const NotificationKind = z.enum(notificationKinds)
export type NotificationKind = z.infer<typeof NotificationKind>

/** Channels of one person. */
export const notificationChannelsMax = 20

const settings = {
  label: Label,
  events: z.array(NotificationKind).max(notificationKinds.length),
  detail: z.enum(['full', 'minimal']).meta({
    description: 'full: agent, method, host and path are named. minimal: only that something waits',
  }),
  enabled: z.boolean(),
} as const

export const NotificationChannel = z.object({
  id: NotificationChannelId,
  kind: z.enum(notificationTargetKinds),
  ...settings,
  target: z.string().meta({
    description: 'Where it sends, with secrets masked',
    examples: ['hooks.slack.com ••••x9Qf'],
  }),
  status: z.enum(['active', 'unlinked', 'failing', 'gone']).meta({
    description:
      'unlinked: waits for its owner’s account. failing: the last delivery was not taken. gone: its target does not exist any more, so nothing is sent',
  }),
  canDecide: z.boolean().meta({ description: 'Are there buttons that approve and deny?' }),
  lastDeliveredAt: Timestamp.optional(),
  lastError: z.string().optional(),
  createdAt: Timestamp,
})
export type NotificationChannel = z.infer<typeof NotificationChannel>

const channelId = { channelId: NotificationChannelId } as const
const OneChannel = z.object({ channel: NotificationChannel })

/** What is to be done so that an account is linked. */
const Linking = z.object({
  way: z.enum(['code-from-message', 'open-link']).meta({
    description:
      'code-from-message: the channel got a code that its owner gives to finishLinking. open-link: its owner opens the link there',
  }),
  url: z.string().optional().meta({ description: 'Of open-link: to be opened' }),
  callbackUrl: z.string().optional().meta({
    description:
      'Of Slack: the Request URL under Interactivity, without which presses of buttons go nowhere',
  }),
  expiresAt: Timestamp,
})

/** The secret of a webhook, `whsec_…`: shown once. */
const Secret = z.string().optional()

export const createNotificationChannel = defineOperation({
  id: 'createNotificationChannel',
  method: 'POST',
  path: '/api/v1/notification-channels',
  caller: ['owner'],
  demand: 'account',
  summary: 'Be told of what happens, in one more place',
  input: z.strictObject({
    label: settings.label.optional(),
    events: settings.events.default([...notificationKinds]),
    detail: settings.detail.default('full'),
    target: NotificationTarget,
  }),
  output: OneChannel.extend({ secret: Secret }),
  status: 201,
  problems: [
    'too-many-attempts',
    'mail-server-not-found',
    'origin-not-allowed',
    'fresh-sign-in-required',
  ],
})

export const listNotificationChannels = defineOperation({
  id: 'listNotificationChannels',
  method: 'GET',
  path: '/api/v1/notification-channels',
  caller: ['owner'],
  demand: 'account',
  summary: 'List where one is told of what happens, newest first',
  input: z.strictObject({ ...Page }),
  output: z.object({ channels: z.array(NotificationChannel), nextCursor: NextCursor }),
  problems: [],
})

export const getWebPushKey = defineOperation({
  id: 'getWebPushKey',
  method: 'GET',
  path: '/api/v1/notification-channels/web-push-key',
  caller: ['owner'],
  demand: 'account',
  summary: 'Read the key that a browser subscribes with (VAPID, RFC 8292)',
  input: z.strictObject({}),
  output: z.object({ publicKey: z.string() }),
  problems: ['credential-unreadable'],
})

export const getNotificationChannel = defineOperation({
  id: 'getNotificationChannel',
  method: 'GET',
  path: '/api/v1/notification-channels/{channelId}',
  caller: ['owner'],
  demand: 'account',
  summary: 'Read a channel',
  input: z.strictObject(channelId),
  output: OneChannel,
  problems: ['notification-channel-not-found'],
})

export const updateNotificationChannel = defineOperation({
  id: 'updateNotificationChannel',
  method: 'PATCH',
  path: '/api/v1/notification-channels/{channelId}',
  caller: ['owner'],
  demand: 'account',
  summary: 'Change what a channel tells, or turn it off and on',
  input: z.strictObject({ ...channelId, ...z.strictObject(settings).partial().shape }),
  output: OneChannel,
  problems: ['notification-channel-not-found'],
})

export const deleteNotificationChannel = defineOperation({
  id: 'deleteNotificationChannel',
  method: 'DELETE',
  path: '/api/v1/notification-channels/{channelId}',
  caller: ['owner'],
  demand: 'account',
  summary: 'Be told there no more',
  input: z.strictObject(channelId),
  output: z.object({ deleted: z.literal(true) }),
  problems: ['notification-channel-not-found'],
})

export const testNotificationChannel = defineOperation({
  id: 'testNotificationChannel',
  method: 'POST',
  path: '/api/v1/notification-channels/{channelId}/test',
  caller: ['owner'],
  demand: 'account',
  summary: 'Send a test at once and say what came of it',
  input: z.strictObject(channelId),
  output: z.object({
    delivered: z.boolean(),
    message: z
      .string()
      .meta({ description: 'What the other side said, or why it was not reached' }),
  }),
  problems: ['notification-channel-not-found', 'too-many-attempts'],
})

export const renewNotificationSecret = defineOperation({
  id: 'renewNotificationSecret',
  method: 'POST',
  path: '/api/v1/notification-channels/{channelId}/secret',
  caller: ['owner'],
  demand: 'account',
  summary: 'Make a webhook’s signing secret anew; both sign for a day',
  input: z.strictObject(channelId),
  output: OneChannel.extend({ secret: Secret }),
  problems: ['notification-channel-not-found', 'credential-unreadable', 'version-conflict'],
})

export const startLinking = defineOperation({
  id: 'startLinking',
  method: 'POST',
  path: '/api/v1/notification-channels/{channelId}/link',
  caller: ['owner'],
  demand: 'account',
  summary: 'Begin to link one’s account in Slack or Telegram, so that its buttons can decide',
  input: z.strictObject(channelId),
  output: z.object({ linking: Linking }),
  problems: [
    'notification-channel-not-found',
    'notification-failed',
    'fresh-sign-in-required',
    'too-many-attempts',
  ],
})

export const finishLinking = defineOperation({
  id: 'finishLinking',
  method: 'POST',
  path: '/api/v1/notification-channels/{channelId}/link/finish',
  caller: ['owner'],
  demand: 'account',
  summary: 'Give the code that came by the channel',
  input: z.strictObject({ ...channelId, code: z.string().trim().min(4).max(20) }),
  output: OneChannel,
  problems: [
    'notification-channel-not-found',
    'notification-channel-not-linked',
    'fresh-sign-in-required',
    'too-many-attempts',
  ],
})

/** One message to one channel, and what became of it. Never its text. */
export const NotificationDelivery = z.object({
  id: NotificationDeliveryId,
  channelId: NotificationChannelId,
  kind: z.enum([...notificationKinds, 'test']),
  subjectId: z
    .string()
    .optional()
    .meta({ description: 'The approval, request, connection or alert' }),
  status: z.enum(['waiting', 'delivered', 'failed', 'dropped']).meta({
    description: 'dropped: what it was about is over, or the channel was turned off',
  }),
  attempts: z.number().int(),
  createdAt: Timestamp,
  nextAttemptAt: Timestamp.optional(),
  endedAt: Timestamp.optional(),
  message: z.string().optional().meta({ description: 'What the last attempt came to' }),
})
export type NotificationDelivery = z.infer<typeof NotificationDelivery>

export const listNotificationDeliveries = defineOperation({
  id: 'listNotificationDeliveries',
  method: 'GET',
  path: '/api/v1/notification-deliveries',
  caller: ['owner'],
  demand: 'account',
  summary: 'List what was sent to one’s channels, newest first',
  input: z.strictObject({
    ...Page,
    channelId: NotificationChannelId.optional(),
    status: NotificationDelivery.shape.status.optional(),
  }),
  output: z.object({ deliveries: z.array(NotificationDelivery), nextCursor: NextCursor }),
  problems: [],
})
