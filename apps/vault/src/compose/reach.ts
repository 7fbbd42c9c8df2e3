import { Buffer } from 'node:buffer'
import type { Approvals } from '../approvals/approvals.ts'
import { createEgressFetch } from '../egress/fetch.ts'
import type { Notify } from '../notify/notify.ts'
import { createReach } from '../notify/reach.ts'
import { sendMsMax } from '../notify/sender.ts'
import { createPost } from '../notify/senders/http-answer.ts'
import { createSlackCall } from '../notify/senders/slack-app.ts'
import { createTelegramCall } from '../notify/senders/telegram.ts'
import { createNotificationChannelStore } from '../store/notification-channels.ts'
import { createNotificationDeliveryStore } from '../store/notification-deliveries.ts'
import {
  createNotificationLinkStore,
  createNotificationPollStore,
} from '../store/notification-links.ts'
import { createNotificationOutboxStore } from '../store/notification-outbox.ts'
import { createNotificationSettlingStore } from '../store/notification-settling.ts'
import { createNotificationSubjectStore } from '../store/notification-subjects.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'

/** Builds what lets people answer from Slack and Telegram: their accounts, their presses, and the rooms that decide. */
export function composeReach(
  { now, randomBytes, publicUrl }: ComposeNeeds,
  { database, keyring, audit, egress, newId, onFailure, tokenHash }: Foundation,
  { approvals, notify }: { readonly approvals: Approvals; readonly notify: Notify },
) {
  const fetch = createEgressFetch({ send: egress.send, poolKey: 'notify', deadlineMs: sendMsMax })
  const post = createPost({ fetch, now })
  const isReachable = () => publicUrl().startsWith('https://')
  return createReach({
    ...{ keyring, audit, newId, now, randomBytes, onFailure, isReachable },
    store: {
      ...createNotificationChannelStore(database),
      ...createNotificationOutboxStore(database),
      ...createNotificationDeliveryStore(database),
      ...createNotificationSubjectStore(database),
      ...createNotificationSettlingStore(database),
      ...createNotificationLinkStore(database),
      ...createNotificationPollStore(database),
    },
    channels: notify.channels,
    hash: tokenHash,
    slack: createSlackCall({ post }),
    telegram: createTelegramCall({ post }),
    callbackUrl: (kind, channelId) =>
      isReachable() ? `${publicUrl()}/v1/callbacks/${kind}/${channelId}` : undefined,
    telegramSecret: (channelId) =>
      Buffer.from(tokenHash(`telegram-callback:${channelId}`)).toString('base64url'),
    decide: (owner, { approvalId, answer, via }) =>
      answer === 'approve'
        ? approvals.approve(owner, { approvalId }, via)
        : approvals.deny(owner, { approvalId }, via),
  })
}
