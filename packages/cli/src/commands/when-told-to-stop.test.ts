import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { endWithoutLeftovers, type Signals, whenToldToStop } from './when-told-to-stop.ts'

const ofNpx = { npm_lifecycle_event: 'npx', npm_lifecycle_script: "'sallyport'" }

function start(environment: Record<string, string> = {}) {
  const listeners = new Map<string, () => void>()
  const exits: number[] = []
  const said: string[] = []
  const state = { nowMs: 0, told: false, ppid: 7 }
  const process: Signals = {
    get ppid() {
      return state.ppid
    },
    on: (signal, listener) => void listeners.set(signal, listener),
    exit: (code) => void exits.push(code),
  }
  const say = (sentence: string) => void said.push(sentence)
  void whenToldToStop(process, { environment, say, monotonicMs: () => state.nowMs }).then(() => {
    state.told = true
  })
  return { state, exits, said, press: (signal: string) => listeners.get(signal)?.() }
}

describe('whenToldToStop', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('takes what comes twice from one press of Ctrl-C as one request', async () => {
    const { state, exits, press } = start()
    press('SIGINT')
    state.nowMs = 300
    press('SIGINT')
    await Promise.resolve()
    expect(state.told).toBe(true)
    expect(exits).toEqual([])
  })

  it('ends the process at a second request, whichever signals they are', () => {
    const { state, exits, press } = start()
    press('SIGTERM')
    state.nowMs = 1_500
    press('SIGINT')
    expect(exits).toEqual([130])
  })

  it('stops when its terminal closes', async () => {
    const { state, exits, press } = start()
    press('SIGHUP')
    press('SIGTERM')
    await Promise.resolve()
    expect([state.told, exits]).toEqual([true, []])
  })

  it('stops when npx has ended, and says so', async () => {
    const { state, said } = start(ofNpx)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(state.told).toBe(false)
    state.ppid = 1
    await vi.advanceTimersByTimeAsync(1_000)
    expect(state.told).toBe(true)
    expect(said).toEqual([expect.stringContaining('has ended')])
  })

  it('stops with `npm start`, and not with another script, program or shell that has done its part', async () => {
    const ofClone = { npm_lifecycle_event: 'start', npm_lifecycle_script: 'node scripts/start.mjs' }
    const ofAnother = { npm_lifecycle_event: 'vault', npm_lifecycle_script: 'sallyport up &' }
    const ofAgent = { npm_lifecycle_event: 'npx', npm_lifecycle_script: 'claude' }
    const vaults = [ofClone, ofAnother, ofAgent, {}].map((environment) => start(environment))
    for (const { state } of vaults) state.ppid = 1
    await vi.advanceTimersByTimeAsync(1_000)
    expect(vaults.map(({ state }) => state.told)).toEqual([true, false, false, false])
  })

  it('says nothing more of npm once it was told to stop', async () => {
    const { state, said, press } = start(ofNpx)
    press('SIGINT')
    state.ppid = 1
    await vi.advanceTimersByTimeAsync(1_000)
    expect(said).toEqual([])
  })
})

describe('a process whose vault is closed', () => {
  it('ends though something of a library’s still stands, and lets what ends by itself do so', () => {
    vi.useFakeTimers()
    try {
      const exit = vi.fn<() => never>()
      endWithoutLeftovers({ exit })
      vi.advanceTimersByTime(900)
      expect(exit).not.toHaveBeenCalled()
      vi.advanceTimersByTime(200)
      expect(exit).toHaveBeenCalledOnce()
    } finally {
      vi.useRealTimers()
    }
  })
})
