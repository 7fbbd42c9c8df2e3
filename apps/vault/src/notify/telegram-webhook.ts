import { Problem } from '@sallyport/contracts'
import { z } from 'zod'
import { sendMsMax, type TargetOf } from './sender.ts'
import type { TelegramCall } from './senders/telegram.ts'

/** What of an account's doings concerns the vault. */
export const allowedUpdates = ['message', 'callback_query'] as const

export interface TelegramWebhookNeeds {
  readonly telegram: TelegramCall
  /** Where Telegram reaches the vault, where it can: `https:` alone. */
  readonly callbackUrl: (kind: 'slack' | 'telegram', channelId: string) => string | undefined
  /** What a webhook of a bot is called with. */
  readonly telegramSecret: (channelId: string) => string
}

const Info = z.object({
  ok: z.literal(true),
  result: z.object({
    url: z.string().optional(),
    pending_update_count: z.number().optional(),
    last_error_message: z.string().optional(),
  }),
})

/**
 * Which way updates of a bot come: Telegram sends them, where it reaches the vault, or the vault asks. Telegram itself knows which
 * (it answers no question while it has a webhook), so nothing of this is stored.
 */
export interface TelegramWebhook {
  /** Chooses the way. Problem: `notification-failed` where Telegram agrees to neither. */
  choose(channelId: string, target: TargetOf<'telegram'>): Promise<void>
  /** Where a webhook stands in the way of asking: puts right one that leads elsewhere, and ends one that does not work. */
  mend(channelId: string, target: TargetOf<'telegram'>): Promise<void>
}

/** Builds it. */
export function createTelegramWebhook(needs: TelegramWebhookNeeds): TelegramWebhook {
  const ask = (target: TargetOf<'telegram'>, method: string, body: object) =>
    needs.telegram(target, method, { body, signal: AbortSignal.timeout(sendMsMax) })
  const end = async (target: TargetOf<'telegram'>) =>
    requireAgreed((await ask(target, 'deleteWebhook', {})).status)

  const choose: TelegramWebhook['choose'] = async (channelId, target) => {
    const url = needs.callbackUrl('telegram', channelId)
    if (url === undefined) return end(target)
    const { status } = await ask(target, 'setWebhook', {
      ...{ url, secret_token: needs.telegramSecret(channelId) },
      allowed_updates: allowedUpdates,
    })
    // Telegram takes no address that is not public: then the vault asks.
    return status === badRequest ? end(target) : requireAgreed(status)
  }
  return {
    choose,
    async mend(channelId, target) {
      const { body } = await ask(target, 'getWebhookInfo', {})
      const { result } = Info.parse(JSON.parse(body))
      const url = needs.callbackUrl('telegram', channelId)
      if (result.url !== url) return choose(channelId, target)
      const waiting = result.pending_update_count ?? 0
      if (waiting > 0 && (result.last_error_message ?? '') !== '') return end(target)
    },
  }
}

const badRequest = 400

function requireAgreed(status: number): void {
  if (status === 200) return
  throw new Problem('notification-failed', `Telegram did not agree: HTTP ${status}.`, {
    next: 'Check what the channel was made with, and make it anew where something is wrong.',
  })
}
