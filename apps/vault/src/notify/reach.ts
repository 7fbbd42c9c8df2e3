import type { InputOf, takeSlackCallback, takeTelegramCallback } from '@sallyport/contracts'
import { createLinking, type Linking, type LinkingNeeds } from './linking.ts'
import type { PollStore } from './linking-store.ts'
import type { NotifyNeeds } from './notify-needs.ts'
import { createPress, type PressNeeds } from './press.ts'
import { createSlackCallback } from './slack-callback.ts'
import { createTelegramPolling } from './telegram-polling.ts'
import { createTakeUpdate, createTelegramCallback } from './telegram-updates.ts'

const replicaBytes = 9

/** How people answer from where they are told: accounts that are linked, and what is pressed there. */
export interface Reach {
  readonly linking: Linking
  /** Problem: `callback-refused`. */
  takeSlackCallback(input: InputOf<typeof takeSlackCallback>): Promise<{ ok: true }>
  /** Problem: `callback-refused`. */
  takeTelegramCallback(input: InputOf<typeof takeTelegramCallback>): Promise<{ ok: true }>
  /** For a timer: fetches what was pressed, where Telegram cannot reach the vault. */
  poll(): Promise<void>
  /** Asks for nothing more. */
  stop(): void
}

/** Builds it. */
export function createReach(
  needs: LinkingNeeds &
    PressNeeds &
    Pick<NotifyNeeds, 'onFailure'> & {
      readonly store: PollStore
      /** Can Telegram reach the vault by itself? */
      readonly isReachable: () => boolean
    },
): Reach {
  const stopping = new AbortController()
  const linking = createLinking(needs)
  const shared = { ...needs, linking, press: createPress(needs) }
  const take = createTakeUpdate(shared)
  const poll = createTelegramPolling({
    ...{ ...needs, take, stop: stopping.signal },
    replica: Buffer.from(needs.randomBytes(replicaBytes)).toString('base64url'),
  })
  return {
    linking,
    takeSlackCallback: createSlackCallback(shared),
    takeTelegramCallback: createTelegramCallback({ ...shared, take }),
    poll: async () => {
      if (!needs.isReachable()) await poll()
    },
    stop: () => stopping.abort(),
  }
}
