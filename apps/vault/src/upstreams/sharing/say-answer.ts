import type { UpstreamProgress } from '../clients/upstream-clients.ts'
import { type Frame, type Message, type MessageSealer, sealFrame } from './messages.ts'
import type { CallStore, StoredCall } from './sharing-store.ts'

/** Characters of an answer in one row. */
const partCharsMax = 512 * 1024
/** Between attempts to say something while the database does not answer, in ms. */
const answerAgainMs = 1_000

interface SayerNeeds {
  readonly store: Pick<CallStore, 'answer'>
  readonly keyring: MessageSealer
  /** In ms since the epoch. */
  readonly databaseNow: () => number
  readonly onFailure: (what: string, error: unknown) => void
}

/** Says one thing after the other. */
export interface Sayer {
  say(frame: Frame): void
  sayText(text: string): void
  /** Where the last progress is not yet said, only the newest is. */
  sayProgress(progress: UpstreamProgress): void
  said(): Promise<void>
}

/** Builds what says what becomes of one call; `onUnwanted`: nobody waits for it any more. */
export function createSayer(
  { store, keyring, databaseNow, onFailure }: SayerNeeds,
  call: StoredCall,
  {
    message,
    onUnwanted,
  }: { readonly message: Pick<Message, 'deadlineMs'>; readonly onUnwanted: () => void },
): Sayer {
  const waiting: Frame[] = []
  let seq = 0
  let isUnwanted = false
  let working: Promise<void> | undefined

  async function sayOne(frame: Frame): Promise<void> {
    const sealed = await sealFrame(keyring, call, { seq, frame })
    for (;;) {
      try {
        isUnwanted = !(await store.answer(call, sealed))
        if (isUnwanted) onUnwanted()
        return
      } catch (error) {
        if (databaseNow() + answerAgainMs > message.deadlineMs) throw error
        await new Promise((resolve) => setTimeout(resolve, answerAgainMs).unref())
      }
    }
  }
  async function work(): Promise<void> {
    try {
      for (let frame = waiting.shift(); frame !== undefined; frame = waiting.shift()) {
        seq += 1
        if (!isUnwanted) await sayOne(frame)
      }
    } catch (error) {
      isUnwanted = true
      onFailure('what became of a call of another replica could not be said', error)
      onUnwanted()
    }
    working = undefined
  }
  function say(frame: Frame): void {
    if (isUnwanted) return
    waiting.push(frame)
    working ??= Promise.resolve().then(work)
  }
  return {
    say,
    sayText(text) {
      for (let from = 0; from < text.length; from += partCharsMax) {
        say({ kind: 'part', text: text.slice(from, from + partCharsMax) })
      }
    },
    sayProgress(progress) {
      const last = waiting.at(-1)
      if (last?.kind === 'progress') waiting.pop()
      say({ kind: 'progress', ...progress })
    },
    async said() {
      while (working !== undefined) await working
    },
  }
}
