import { z } from 'zod'

/** A secret that is typed in. */
export const SecretText = z.string().min(1).max(500)
const url = z.url({ protocol: /^https?$/ }).max(1000)
const base64url = z.string().regex(/^[A-Za-z0-9_-]{8,200}=*$/, 'must be base64url')

/** Where a channel sends, with what it needs for that. Secrets go in and never come out. */
export const NotificationTarget = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('web-push'),
      endpoint: url,
      keys: z.strictObject({ p256dh: base64url, auth: base64url }),
    })
    .meta({ description: 'What PushSubscription.toJSON() says (W3C Push API)' }),
  z
    .strictObject({ kind: z.literal('slack'), webhookUrl: url })
    .meta({ description: 'An incoming webhook: messages with a link' }),
  z
    .strictObject({
      kind: z.literal('slack-app'),
      botToken: SecretText,
      signingSecret: SecretText,
      memberId: z.string().regex(/^[UW][A-Z0-9]{5,30}$/, 'must be a member ID such as U012AB3CD'),
      server: url.default('https://slack.com'),
    })
    .meta({ description: 'Messages of an own Slack app, with buttons once the account is linked' }),
  z
    .strictObject({
      kind: z.literal('telegram'),
      botToken: z.string().regex(/^\d{5,15}:[A-Za-z0-9_-]{20,80}$/, 'must be a bot’s token'),
      server: url.default('https://api.telegram.org').meta({
        description: 'Another than Telegram’s own: a Bot API server of yours',
      }),
    })
    .meta({ description: 'Messages of an own bot, with buttons once the account is linked' }),
  z.strictObject({ kind: z.literal('discord'), webhookUrl: url }),
  z.strictObject({
    kind: z.literal('ntfy'),
    server: url.default('https://ntfy.sh'),
    topic: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be letters, digits, _ and -'),
    token: SecretText.optional(),
  }),
  z
    .strictObject({ kind: z.literal('email'), to: z.email().max(254) })
    .meta({ description: 'Through the workspace’s mail server' }),
  z
    .strictObject({ kind: z.literal('webhook'), url })
    .meta({ description: 'Signed as Standard Webhooks says' }),
])
export type NotificationTarget = z.infer<typeof NotificationTarget>

export const notificationTargetKinds = [
  'web-push',
  'slack',
  'slack-app',
  'telegram',
  'discord',
  'ntfy',
  'email',
  'webhook',
] as const
