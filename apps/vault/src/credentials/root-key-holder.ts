import type { RootKeys } from './root-keys.ts'

/** A running vault that keeps saying which root keys it has. */
export interface RootKeyHolder {
  /** There may be a new one. */
  notice(): void
  /** Says that this vault is gone. */
  stop(): Promise<void>
}

/** Between two announcements: a vault that was not heard of for three times as long counts as gone. */
const everyMs = 5_000

/**
 * Announces which root keys this vault has, now, every five seconds and whenever it is told of a new one, after it has looked for
 * all that the database knows: a rotation waits for it. Resolves once the first announcement is made.
 */
export async function startRootKeyHolder({
  rootKeys,
  announce,
  withdraw,
  onFailure,
}: {
  readonly rootKeys: Pick<RootKeys, 'learn'>
  readonly announce: (rootKeyIds: readonly string[]) => Promise<void>
  readonly withdraw: () => Promise<void>
  readonly onFailure: (error: unknown) => void
}): Promise<RootKeyHolder> {
  const tell = async () => announce(await rootKeys.learn())
  await tell()
  // One after the other: an older answer must not stand over a newer one.
  const state = { last: Promise.resolve(), isStopped: false }
  const notice = () => {
    if (state.isStopped) return
    state.last = state.last.then(tell).catch(onFailure)
  }
  const timer = setInterval(notice, everyMs)
  timer.unref()
  return {
    notice,
    async stop() {
      state.isStopped = true
      clearInterval(timer)
      await state.last
      await withdraw().catch(onFailure)
    },
  }
}
