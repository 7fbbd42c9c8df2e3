import { describe, expect, it } from 'vitest'
import { createBodyBudget } from './body-budget.ts'

const large = 12 * 1024 * 1024

describe('the budget for bodies', () => {
  it('takes eight of the largest at once, refuses the ninth, and takes it when one is done', () => {
    const budget = createBodyBudget()
    const leases = Array.from({ length: 9 }, () => budget.open())
    for (const lease of leases.slice(0, 8)) lease.hold(large)
    expect(() => leases[8]?.hold(large)).toThrow(expect.objectContaining({ type: 'overloaded' }))
    leases[0]?.release()
    leases[0]?.release()
    expect(() => leases[8]?.hold(large)).not.toThrow()
  })

  it('says whether it holds a large one', () => {
    const lease = createBodyBudget().open()
    lease.hold(60 * 1024)
    expect(lease.isHolding()).toBe(false)
    lease.hold(large)
    expect(lease.isHolding()).toBe(true)
    lease.release()
    expect(lease.isHolding()).toBe(false)
  })

  it('holds a body for as long as anybody uses it', () => {
    const budget = createBodyBudget()
    const leases = Array.from({ length: 8 }, () => budget.open())
    for (const lease of leases) lease.hold(large)
    const done = leases[0]?.keep()
    leases[0]?.release()
    leases[0]?.release()
    expect(() => budget.open().hold(large)).toThrow()
    done?.()
    done?.()
    budget.open().hold(large)
    expect(() => budget.open().hold(large)).toThrow()
  })

  it('counts a body that grows once, and takes ordinary ones whatever else is there', () => {
    const budget = createBodyBudget()
    const growing = budget.open()
    for (let bytes = 0; bytes <= large; bytes += 64 * 1024) growing.hold(bytes)
    const others = Array.from({ length: 7 }, () => budget.open())
    for (const lease of others) lease.hold(large)
    expect(() => budget.open().hold(large)).toThrow()
    expect(() => budget.open().hold(60 * 1024)).not.toThrow()
  })
})
