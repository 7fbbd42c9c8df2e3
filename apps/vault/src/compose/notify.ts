import { createEgressFetch } from '../egress/fetch.ts'
import { createFindMailServer } from '../notify/mail-server.ts'
import { createNotify } from '../notify/notify.ts'
import type { MailServerStore } from '../notify/notify-store.ts'
import { createPushKeys, type PushKeys } from '../notify/push-keys.ts'
import { type Senders, sendMsMax } from '../notify/sender.ts'
import { createDiscordSender } from '../notify/senders/discord.ts'
import { createEmailSender } from '../notify/senders/email.ts'
import { createPost } from '../notify/senders/http-answer.ts'
import { createNtfySender } from '../notify/senders/ntfy.ts'
import { createSlackSender } from '../notify/senders/slack.ts'
import { createSlackAppSender } from '../notify/senders/slack-app.ts'
import { createTelegramSender } from '../notify/senders/telegram.ts'
import { createWebPushSender } from '../notify/senders/web-push.ts'
import { createWebhookSender } from '../notify/senders/webhook.ts'
import { createMailServerStore } from '../store/mail-servers.ts'
import { createNotificationChannelStore } from '../store/notification-channels.ts'
import { createNotificationDeliveryStore } from '../store/notification-deliveries.ts'
import { createNotificationOutboxStore } from '../store/notification-outbox.ts'
import { createNotificationSettlingStore } from '../store/notification-settling.ts'
import { createNotificationSubjectStore } from '../store/notification-subjects.ts'
import { createPushKeyStore } from '../store/push-keys.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'

/** Loaded where a browser wants to be told: most starts of a vault do without. */
const webPush = async () => (await import('web-push')).default

/** Builds the room that tells people, and wakes it when something happens anywhere. */
export function composeNotify(needs: ComposeNeeds, foundation: Foundation) {
  const { now, randomBytes, pagesUrl } = needs
  const { database, feed, keyring, audit, egress, newId, onFailure } = foundation
  const mailServers = createMailServerStore(database)
  const pushKeys = createPushKeys({
    keyring,
    store: createPushKeyStore(database),
    generate: async () => (await webPush()).generateVAPIDKeys(),
  })
  const notify = createNotify({
    ...{ keyring, audit, newId, onFailure, now, randomBytes, pagesUrl, mailServers, pushKeys },
    store: {
      ...createNotificationChannelStore(database),
      ...createNotificationOutboxStore(database),
      ...createNotificationDeliveryStore(database),
      ...createNotificationSubjectStore(database),
      ...createNotificationSettlingStore(database),
    },
    senders: composeSenders(needs, foundation, { mailServers, pushKeys }),
    mail: egress.mail,
  })
  feed.subscribe(({ table }) => {
    if (table === 'notification_outbox' || table === '*') notify.wake()
    if (table !== 'approvals') return
    notify.settle().catch((error: unknown) => onFailure('decided messages were not changed', error))
  })
  return notify
}

/** Whom push services may turn to. They take no address of this machine. */
const contactOf = (pagesUrl: string) =>
  pagesUrl.startsWith('https://') ? pagesUrl : 'mailto:sallyport@example.com'

/** What can be sent to, by kind of channel. All of it goes out through egress (S-17). */
function composeSenders(
  { now, randomBytes, pagesUrl }: ComposeNeeds,
  { egress, keyring }: Foundation,
  { mailServers, pushKeys }: { readonly mailServers: MailServerStore; readonly pushKeys: PushKeys },
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
    'slack-app': createSlackAppSender(http),
    telegram: createTelegramSender(http),
    'web-push': createWebPushSender({
      ...http,
      now,
      findKey: pushKeys.find,
      generateRequest: async (...given) => (await webPush()).generateRequestDetails(...given),
      subject: () => contactOf(pagesUrl()),
    }),
    email: createEmailSender({
      mail: egress.mail,
      findMailServer: createFindMailServer({ store: mailServers, keyring }),
    }),
  }
}
