import { describe, expect, it } from 'vitest'
import { type Signals, whenToldToStop } from './when-told-to-stop.ts'

function start() {
  const listeners = new Map<string, () => void>()
  const exits: number[] = []
  const state = { nowMs: 0, told: false }
  const process: Signals = {
    on: (signal, listener) => void listeners.set(signal, listener),
    exit: (code) => void exits.push(code),
  }
  void whenToldToStop(process, () => state.nowMs).then(() => {
    state.told = true
  })
  return { state, exits, press: (signal: string) => listeners.get(signal)?.() }
}

describe('whenToldToStop', () => {
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
})
