import { createEgressFetch } from '../egress/fetch.ts'
import { createFindMailServer } from '../notify/mail-server.ts'
import { createNotify } from '../notify/notify.ts'
import { type Senders, sendMsMax } from '../notify/sender.ts'
import { createDiscordSender } from '../notify/senders/discord.ts'
import { createEmailSender } from '../notify/senders/email.ts'
import { createPost } from '../notify/senders/http-answer.ts'
import { createNtfySender } from '../notify/senders/ntfy.ts'
import { createSlackSender } from '../notify/senders/slack.ts'
import { createWebhookSender } from '../notify/senders/webhook.ts'
import { createMailServerStore } from '../store/mail-servers.ts'
import { createNotificationChannelStore } from '../store/notification-channels.ts'
import { createNotificationDeliveryStore } from '../store/notification-deliveries.ts'
import { createNotificationOutboxStore } from '../store/notification-outbox.ts'
import { createNotificationSubjectStore } from '../store/notification-subjects.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'

/** Builds the room that tells people, and wakes it when something happens anywhere. */
export function composeNotify(needs: ComposeNeeds, foundation: Foundation) {
  const { now, randomBytes, pagesUrl } = needs
  const { database, feed, keyring, audit, egress, newId, onFailure } = foundation
  const mailServers = createMailServerStore(database)
  const notify = createNotify({
    ...{ keyring, audit, newId, onFailure, now, randomBytes, pagesUrl, mailServers },
    store: {
      ...createNotificationChannelStore(database),
      ...createNotificationOutboxStore(database),
      ...createNotificationDeliveryStore(database),
      ...createNotificationSubjectStore(database),
    },
    senders: composeSenders(needs, foundation, mailServers),
    mail: egress.mail,
  })
  feed.subscribe(({ table }) => {
    if (table === 'notification_outbox' || table === '*') notify.wake()
  })
  return notify
}

/** What can be sent to, by kind of channel. All of it goes out through egress (S-17). */
function composeSenders(
  { now, randomBytes }: ComposeNeeds,
  { egress, keyring }: Foundation,
  mailServers: ReturnType<typeof createMailServerStore>,
): Senders {
  const mayUseOrigin = egress.isAllowedOrigin
  const fetch = createEgressFetch({
    send: egress.send,
    poolKey: 'notify',
    deadlineMs: sendMsMax,
  })
  const post = createPost({ fetch, now })
  const http = { post, mayUseOrigin }
  return {
    webhook: createWebhookSender({ ...http, randomBytes, now }),
    ntfy: createNtfySender(http),
    discord: createDiscordSender(http),
    slack: createSlackSender(http),
    email: createEmailSender({
      mail: egress.mail,
      findMailServer: createFindMailServer({ store: mailServers, keyring }),
    }),
  }
}
