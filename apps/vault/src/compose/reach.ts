import { Buffer } from 'node:buffer'
import type { FrozenRequestView } from '@sallyport/contracts'
import type { Approvals } from '../approvals/approvals.ts'
import { createEgressFetch } from '../egress/fetch.ts'
import type { Notify } from '../notify/notify.ts'
import { createReach } from '../notify/reach.ts'
import { sendMsMax } from '../notify/sender.ts'
import { createPost } from '../notify/senders/http-answer.ts'
import { createSlackCall } from '../notify/senders/slack-app.ts'
import { createTelegramCall } from '../notify/senders/telegram.ts'
import { createNotificationChannelStore } from '../store/notification-channels.ts'
import {
  createNotificationLinkStore,
  createNotificationPollStore,
  createNotificationPressStore,
} from '../store/notification-links.ts'
import { createNotificationSubjectStore } from '../store/notification-subjects.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'

/** As it is shown beside buttons, of the request that would be sent: the URL without scheme and query. */
const askedIn = ({ method, url }: FrozenRequestView): string =>
  `${method} ${url.slice(url.indexOf('//') + 2).split('?', 1)[0]}`

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
    ...{ keyring, audit, newId, now, randomBytes, onFailure },
    store: {
      ...createNotificationChannelStore(database),
      ...createNotificationSubjectStore(database),
      ...createNotificationLinkStore(database),
      ...createNotificationPollStore(database),
      ...createNotificationPressStore(database),
    },
    channels: notify.channels,
    hash: tokenHash,
    slack: createSlackCall({ post }),
    telegram: createTelegramCall({ post }),
    callbackUrl: (kind, channelId) =>
      isReachable() ? `${publicUrl()}/v1/callbacks/${kind}/${channelId}` : undefined,
    telegramSecret: (channelId) =>
      Buffer.from(tokenHash(`telegram-callback:${channelId}`)).toString('base64url'),
    async readAsked(owner, approvalId) {
      const { request } = (await approvals.get(owner, { approvalId })).approval
      return request && askedIn(request)
    },
    decide: (owner, { approvalId, answer, via }) =>
      answer === 'approve'
        ? approvals.approve(owner, { approvalId }, via)
        : approvals.deny(owner, { approvalId }, via),
  })
}
