import { z } from 'zod'
import { NotificationChannelId } from './ids.ts'
import { defineOperation } from './operation.ts'

// What Slack and Telegram send when somebody presses a button there. Nothing of it is believed before its signature is proved, and
// whatever is wrong with it gets one and the same answer.

const bodyCharsMax = 100_000
const callback = {
  channelId: NotificationChannelId,
  body: z.string().max(bodyCharsMax),
} as const
const header = z.string().max(300).optional()

export const takeSlackCallback = defineOperation({
  id: 'takeSlackCallback',
  method: 'POST',
  path: '/v1/callbacks/slack/{channelId}',
  caller: ['anyone'],
  summary: 'Take a press of a button in Slack, signed with the app’s signing secret',
  input: z.strictObject({ ...callback, signature: header, timestamp: header }),
  output: z.object({ ok: z.literal(true) }),
  problems: ['callback-refused'],
  signedBy: { signature: 'x-slack-signature', timestamp: 'x-slack-request-timestamp' },
})

export const takeTelegramCallback = defineOperation({
  id: 'takeTelegramCallback',
  method: 'POST',
  path: '/v1/callbacks/telegram/{channelId}',
  caller: ['anyone'],
  summary: 'Take an update of a Telegram bot, with the secret that was agreed on',
  input: z.strictObject({ ...callback, secret: header }),
  output: z.object({ ok: z.literal(true) }),
  problems: ['callback-refused'],
  signedBy: { secret: 'x-telegram-bot-api-secret-token' },
})
