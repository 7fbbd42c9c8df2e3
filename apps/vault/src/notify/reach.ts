import { Buffer } from 'node:buffer'
import type { InputOf, takeSlackCallback, takeTelegramCallback } from '@sallyport/contracts'
import { createLinking, type Linking, type LinkingNeeds } from './linking.ts'
import type { LinkingStore, PollStore, PressStore } from './linking-store.ts'
import type { NotifyNeeds } from './notify-needs.ts'
import { createPress, type PressNeeds } from './press.ts'
import { createSlackCallback } from './slack-callback.ts'
import { createTelegramPolling } from './telegram-polling.ts'
import { createTakeUpdate, createTelegramCallback } from './telegram-updates.ts'
import { createTelegramWebhook, type TelegramWebhookNeeds } from './telegram-webhook.ts'

const replicaBytes = 9

/** How people answer from where they are told: accounts that are linked, and what is pressed there. */
export interface Reach {
  readonly linking: Linking
  /** Problem: `callback-refused`. */
  takeSlackCallback(input: InputOf<typeof takeSlackCallback>): Promise<{ ok: true }>
  /** Problem: `callback-refused`. */
  takeTelegramCallback(input: InputOf<typeof takeTelegramCallback>): Promise<{ ok: true }>
  /** For a timer: fetches what was pressed, where Telegram does not send it by itself. */
  poll(): Promise<void>
  /** Asks for nothing more. */
  stop(): void
}

/** Builds it. */
export function createReach(
  needs: Omit<LinkingNeeds, 'webhook'> &
    PressNeeds &
    Pick<NotifyNeeds, 'onFailure'> & {
      readonly store: PollStore & LinkingStore & PressStore
      readonly telegramSecret: TelegramWebhookNeeds['telegramSecret']
    },
): Reach {
  const stopping = new AbortController()
  const webhook = createTelegramWebhook(needs)
  const linking = createLinking({ ...needs, webhook })
  const shared = { ...needs, linking, press: createPress(needs) }
  const take = createTakeUpdate(shared)
  return {
    linking,
    takeSlackCallback: createSlackCallback(shared),
    takeTelegramCallback: createTelegramCallback({ ...shared, take }),
    poll: createTelegramPolling({
      ...{ ...needs, webhook, take, stop: stopping.signal },
      replica: Buffer.from(needs.randomBytes(replicaBytes)).toString('base64url'),
    }),
    stop: () => stopping.abort(),
  }
}
