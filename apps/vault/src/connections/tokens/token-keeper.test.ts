import { Problem, type ProblemType } from '@sallyport/contracts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTokenRoom, type TokenRoom } from '../../../../../test/fixtures/token-room.ts'
import { verifies } from '../../../../../test/verifies.ts'
import type { TokenAnswer } from '../oauth/token-endpoint.ts'
import type { TokenKeeper } from './token-keeper.ts'

const fakes = ['setTimeout', 'clearTimeout', 'performance', 'Date'] as const

let room: TokenRoom
let keeper: TokenKeeper
let other: TokenKeeper

beforeEach(() => {
  vi.useFakeTimers({ toFake: [...fakes] })
  room = createTokenRoom()
  keeper = room.replica()
  other = room.replica()
})
afterEach(() => {
  vi.useRealTimers()
})

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
/** Lets everything happen that needs no time. */
const settle = () => pass(0)

/** What comes of work while time goes on for as long as it takes, two minutes at most. */
async function end<T>(work: Promise<T>): Promise<T | ProblemType> {
  let result: { value: T | ProblemType } | undefined
  work.then(
    (value) => {
      result = { value }
    },
    (error: unknown) => {
      if (!(error instanceof Problem)) throw error
      result = { value: error.type }
    },
  )
  for (let waited = 0; result === undefined && waited < 120_000; waited += 50) await pass(50)
  if (result === undefined) throw new Error('it never ended')
  return result.value
}
const problemOf = async (work: Promise<unknown>): Promise<Problem> => {
  let problem: unknown
  await end(
    work.catch((error: unknown) => {
      problem = error
    }),
  )
  if (problem instanceof Problem) return problem
  throw new Error('no problem came')
}

/** An answer of the provider's that comes when it is let go. */
function held(answer: () => TokenAnswer = () => room.answer()) {
  const waiting: (() => void)[] = []
  room.renew = () =>
    new Promise((resolve, reject) => {
      waiting.push(() => {
        try {
          resolve(answer())
        } catch (error) {
          reject(error)
        }
      })
    })
  return { letGo: () => waiting.splice(0).forEach((go) => void go()), count: () => waiting.length }
}
const failing = (problem: Problem) => async () => {
  throw problem
}
const unavailable = (options: { retryAfterSeconds?: number; answerLost?: boolean } = {}) =>
  new Problem('provider-unavailable', 'acme answered 503.', {
    retryAfterSeconds: options.retryAfterSeconds ?? 5,
    cause: Object.assign(new Error('fault'), { answerLost: options.answerLost ?? false }),
  })
const invalidGrant = () =>
  new Problem('connection-needs-reauth', 'acme does not take the grant any more (invalid_grant).')
const refused = () => new Problem('provider-refused', 'acme refused (invalid_client).')

describe('a token that is not due', () => {
  it('is read once and then kept in memory', async () => {
    const connection = await room.connect(keeper)
    for (let n = 0; n < 50; n += 1) {
      expect(await keeper.open(connection)).toEqual({ accessToken: 'access-token-1', version: 1 })
    }
    expect(room.calls).toEqual(['find'])
    expect(room.asked).toEqual([])
  })

  it('is read each time while changes may be missed', async () => {
    const connection = await room.connect(keeper)
    room.isLive = false
    await keeper.open(connection)
    await keeper.open(connection)
    expect(room.calls).toEqual(['find', 'find'])
  })

  it('is not renewed where the provider names no end', async () => {
    const connection = await room.connect(keeper, { leftS: null })
    await pass(400 * 86_400_000)
    expect(await keeper.open(connection)).toMatchObject({ version: 1 })
    expect(room.asked).toEqual([])
  })

  it('stays good though the clock of the machine is moved', async () => {
    verifies('S-32')
    const connection = await room.connect(keeper, { leftS: 3600 })
    for (const moved of [-86_400_000, 86_400_000]) {
      vi.setSystemTime(Date.now() + moved)
      expect(await keeper.open(connection)).toMatchObject({ version: 1 })
    }
    await settle()
    expect(room.asked).toEqual([])
  })
})

describe('a token that is about to end', () => {
  it('is renewed beside the requests, which go on with it, once for all of them', async () => {
    verifies('S-32')
    const connection = await room.connect(keeper, { leftS: 60 })
    const provider = held()
    for (let n = 0; n < 100; n += 1) {
      expect(await keeper.open(connection)).toMatchObject({ version: 1 })
      expect(await other.open(connection)).toMatchObject({ version: 1 })
    }
    await settle()
    expect(room.asked).toEqual(['refresh-token-1'])
    provider.letGo()
    await settle()
    expect(await keeper.open(connection)).toEqual({ accessToken: 'access-token-2', version: 2 })
    expect(await other.open(connection)).toEqual({ accessToken: 'access-token-2', version: 2 })
    expect(await room.stored()).toMatchObject({ refreshToken: 'refresh-token-2' })
  })

  it('is used to its end though renewing fails, and no longer', async () => {
    verifies('S-32')
    const connection = await room.connect(keeper, { leftS: 60 })
    room.renew = failing(unavailable())
    for (let n = 0; n < 59; n += 1) {
      expect(await end(keeper.open(connection))).toMatchObject({ version: 1 })
      await pass(950)
    }
    await pass(3_000)
    expect(await end(keeper.open(connection))).toBe('token-refresh-failed')
    expect(room.row().connection.status).toBe('healthy')
    expect(room.asked.length).toBeLessThan(8)
  })

  it('is not renewed where the database cannot be asked, and goes on', async () => {
    verifies('S-44')
    const connection = await room.connect(keeper, { leftS: 60 })
    room.isAway = (method) => method === 'lease'
    expect(await keeper.open(connection)).toMatchObject({ version: 1 })
    await settle()
    expect(room.asked).toEqual([])
    expect(room.failures).toEqual(['an access token could not be renewed ahead of its end'])
  })
})

describe('a token that has ended', () => {
  it('is renewed once for a hundred requests in two processes, and durable before it is used', async () => {
    verifies('S-32')
    const connection = await room.connect(keeper, { leftS: 0 })
    const provider = held()
    const waiting = Array.from({ length: 100 }, (_, n) =>
      (n % 2 === 0 ? keeper : other).open(connection).then((token) => {
        expect(room.row().version).toBe(2)
        return token
      }),
    )
    await pass(3_000)
    expect(provider.count()).toBe(1)
    provider.letGo()
    const tokens = await end(Promise.all(waiting))
    expect(new Set(JSON.stringify(tokens).match(/access-token-\d/g))).toEqual(
      new Set(['access-token-2']),
    )
    expect(room.asked).toEqual(['refresh-token-1'])
    expect(room.calls.filter((call) => call === 'lease').length).toBeLessThan(50)
  })

  it('that was replaced between the mark and the look is not asked about', async () => {
    verifies('S-32')
    const connection = await room.connect(keeper, { leftS: 0 })
    const { lease } = room.store
    room.store.lease = async (at) => {
      const leased = await lease(at)
      await reconnect()
      return leased
    }
    const replica = room.replica()
    expect(await end(replica.open(connection))).toMatchObject({ accessToken: 'access-token-new' })
    expect(room.asked).toEqual([])
  })

  it('is waited for by those who do not hear of changes too', async () => {
    verifies('S-32')
    const connection = await room.connect(keeper, { leftS: 0 })
    room.isLive = false
    const provider = held()
    const both = Promise.all([keeper.open(connection), other.open(connection)])
    await pass(5_000)
    provider.letGo()
    expect(await end(both)).toMatchObject([{ version: 2 }, { version: 2 }])
    expect(room.asked).toHaveLength(1)
  })

  it('is not asked for before the mark is written', async () => {
    verifies('S-32', 'S-44')
    const connection = await room.connect(keeper, { leftS: 0 })
    room.isAway = (method) => method === 'lease'
    expect(await end(keeper.open(connection))).toBe('store-unavailable')
    expect(room.asked).toEqual([])
    room.isAway = () => false
    room.renew = async () => {
      expect(room.row()).toMatchObject({ leasedBy: expect.any(String) })
      return room.answer()
    }
    expect(await end(keeper.open(connection))).toMatchObject({ version: 2 })
  })

  it('is waited for so long and no longer, and the answer that comes later is kept', async () => {
    verifies('S-32')
    const connection = await room.connect(keeper, { leftS: 0 })
    const provider = held()
    const startedMs = performance.now()
    const problem = await problemOf(keeper.open(connection))
    expect(problem.type).toBe('token-refresh-failed')
    expect(problem.retryAfterSeconds).toBeGreaterThan(0)
    expect(performance.now() - startedMs).toBeLessThan(16_000)
    provider.letGo()
    await settle()
    expect(await end(keeper.open(connection))).toMatchObject({ version: 2 })
    expect(room.asked).toHaveLength(1)
  })

  it('keeps the old refresh token where the provider gives no other', async () => {
    const connection = await room.connect(keeper, { leftS: 0 })
    const { refreshToken: _, ...rest } = room.answer()
    room.renew = async () => rest
    await end(keeper.open(connection))
    expect(await room.stored()).toMatchObject({
      accessToken: 'access-token-1',
      refreshToken: 'refresh-token-1',
    })
  })

  it('of a service account is asked for without a refresh token', async () => {
    const connection = await room.connect(keeper, {
      ...{ leftS: 0, kind: 'jwt-service-account', refreshToken: null },
    })
    expect(await end(keeper.open(connection))).toMatchObject({ version: 2 })
    expect(room.asked).toEqual([undefined])
  })
})

describe('invalid_grant', () => {
  it('asks the owner, says why, stands in the audit log, and nobody asks the provider again', async () => {
    verifies('S-32')
    const connection = await room.connect(keeper, { leftS: 0 })
    room.renew = failing(invalidGrant())
    const all = [keeper, other, keeper].map((one) => end(one.open(connection)))
    expect(new Set(await Promise.all(all))).toEqual(new Set(['connection-needs-reauth']))
    const { status, statusReason } = room.row().connection
    expect(status).toBe('needs_reauth')
    expect(statusReason).toContain('invalid_grant')
    expect(statusReason).not.toMatch(/interrupted/)
    expect(room.events).toMatchObject([
      { operation: 'connectionNeedsReauth', connectionId: connection.id, reason: statusReason },
    ])
    expect(await end(keeper.open(connection))).toBe('connection-needs-reauth')
    expect(await end(other.renewRefused(connection, 1))).toBe('connection-needs-reauth')
    expect(room.asked).toHaveLength(1)
    expect(await room.stored()).toMatchObject({ refreshToken: 'refresh-token-1' })
  })

  it('ends a token that would still work, for nobody can say for how long', async () => {
    const connection = await room.connect(keeper, { leftS: 60 })
    room.renew = failing(invalidGrant())
    await keeper.open(connection)
    await settle()
    expect(await end(keeper.open(connection))).toBe('connection-needs-reauth')
  })

  it('of one who was late does not undo an account that was connected anew meanwhile', async () => {
    verifies('S-32')
    const connection = await room.connect(keeper, { leftS: 0 })
    const provider = held(() => {
      throw invalidGrant()
    })
    const call = keeper.open(connection)
    await settle()
    await reconnect()
    provider.letGo()
    expect(await end(call)).toMatchObject({ accessToken: 'access-token-new', version: 2 })
    expect(room.row().connection.status).toBe('healthy')
    expect(room.events).toEqual([])
  })

  it('is said again to nobody where the log cannot be written, and the owner is asked all the same', async () => {
    const connection = await room.connect(keeper, { leftS: 0 })
    room.renew = failing(invalidGrant())
    room.events.push = () => {
      throw new Error('no log')
    }
    expect(await end(keeper.open(connection))).toBe('connection-needs-reauth')
    expect(room.failures).toEqual(['a renewal could not be recorded'])
  })
})

/** What connecting the account anew writes. */
async function reconnect() {
  const row = room.row()
  const answer = { accessToken: 'access-token-new', refreshToken: 'refresh-token-new' }
  const first = await keeper.sealFirst(row.connection, answer, {
    nowMs: 0,
    version: row.version + 1,
  })
  Object.assign(row, {
    ...{ sealed: first.sealed, version: first.version, hasRefreshToken: true, endsAtMs: null },
    ...{ leasedBy: null, leasedUntilMs: null, gotAtMs: performance.now() },
  })
  room.changed(row.connection.id)
}

describe('a failure that is not invalid_grant', () => {
  it.each([
    ['provider-refused', refused],
    ['provider-unavailable', unavailable],
    ['credential-unreadable', () => new Problem('credential-unreadable')],
    ['store-unavailable', () => new Problem('store-unavailable')],
    ['oauth-app-missing', () => new Problem('oauth-app-missing')],
    ['a fault', () => new TypeError('x is not a function') as never],
  ] as const)('keeps the account: %s', async (_, problem) => {
    verifies('S-32')
    const connection = await room.connect(keeper, { leftS: 0 })
    room.renew = async () => {
      throw problem()
    }
    expect(await end(keeper.open(connection))).toBe('token-refresh-failed')
    const row = room.row()
    expect(row.connection.status).toBe('healthy')
    expect(row).toMatchObject({ failures: 1, version: 1 })
    expect(row.failure).toEqual(expect.any(String))
    room.renew = async () => room.answer()
    await pass(20_000)
    expect(await end(keeper.open(connection))).toMatchObject({ version: 2 })
    expect(row).toMatchObject({ failures: 0, failure: null, nextAttemptAtMs: null })
  })

  it('is told to the agent with whose move it is and when to come back', async () => {
    const connection = await room.connect(keeper, { leftS: 0 })
    room.renew = failing(refused())
    const problem = await problemOf(keeper.open(connection))
    expect(problem).toMatchObject({ type: 'token-refresh-failed', status: 503 })
    expect(problem.detail).toContain('acme refused (invalid_client).')
    expect(problem.next).toMatch(/owner/)
    expect(problem.retryAfterSeconds).toBeGreaterThanOrEqual(1)
    const again = await problemOf(other.open(connection))
    expect(again.detail).toContain('acme refused (invalid_client).')
    expect(again.next).toMatch(/owner/)
  })

  it('is heeded by every replica until its time has come, and waits twice as long each time', async () => {
    verifies('S-32')
    const connection = await room.connect(keeper, { leftS: 0 })
    room.renew = failing(unavailable())
    const askedAtS: number[] = []
    for (let second = 0; second < 200; second += 1) {
      const before = room.asked.length
      await end(keeper.open(connection))
      await end(other.open(connection))
      if (room.asked.length > before) askedAtS.push(Math.round(performance.now() / 1000))
      await pass(1_000)
    }
    const waits = askedAtS.slice(1).map((at, n) => at - (askedAtS[n] ?? 0))
    expect(waits.length).toBeGreaterThan(3)
    for (const [n, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(5 * 2 ** n - 1)
      expect(wait).toBeLessThanOrEqual(5 * 2 ** n + 3)
    }
  })

  it('with Retry-After is left alone for so long', async () => {
    const connection = await room.connect(keeper, { leftS: 0 })
    room.renew = failing(unavailable({ retryAfterSeconds: 120 }))
    expect((await problemOf(keeper.open(connection))).retryAfterSeconds).toBe(120)
    await pass(60_000)
    expect((await problemOf(other.open(connection))).retryAfterSeconds).toBeLessThanOrEqual(60)
    expect(room.asked).toHaveLength(1)
    room.renew = async () => room.answer()
    await pass(61_000)
    expect(await end(other.open(connection))).toMatchObject({ version: 2 })
  })

  it('that cannot be noted leaves the mark, and is tried again when that has run out', async () => {
    verifies('S-44')
    const connection = await room.connect(keeper, { leftS: 0 })
    room.isAway = (method) => method === 'fail'
    room.renew = failing(unavailable())
    expect(await end(keeper.open(connection))).toBe('token-refresh-failed')
    expect(room.failures).toEqual(['a failed renewal could not be noted'])
    room.renew = async () => room.answer()
    await pass(26_000)
    expect(await end(keeper.open(connection))).toMatchObject({ version: 2 })
  })

  it('of a secret that does not open is recorded', async () => {
    verifies('S-33')
    const connection = await room.connect(keeper, { leftS: 60 })
    room.renew = failing(new Problem('credential-unreadable'))
    await keeper.open(connection)
    await settle()
    expect(room.events).toMatchObject([
      { operation: 'renewAccessToken', outcome: 'failed', problem: 'credential-unreadable' },
    ])
  })
})

describe('the answer of a provider', () => {
  it('is kept while the database is away, and used only when it is durable', async () => {
    verifies('S-32', 'S-44')
    const connection = await room.connect(keeper, { leftS: 0 })
    room.isAway = (method) => method === 'save'
    let isDone = false
    const call = keeper.open(connection).finally(() => {
      isDone = true
    })
    await pass(9_000)
    expect([isDone, room.row().version]).toEqual([false, 1])
    room.isAway = () => false
    expect(await end(call)).toMatchObject({ accessToken: 'access-token-2', version: 2 })
    expect(room.asked).toHaveLength(1)
    expect(room.failures).toEqual(['new tokens could not be kept yet'])
  })

  it('is kept for minutes, over the end of its lease, and wins over who took over', async () => {
    verifies('S-32')
    const connection = await room.connect(keeper, { leftS: 0 })
    room.isAway = (method) => method === 'save'
    expect(await end(keeper.open(connection))).toBe('token-refresh-failed')
    await pass(40_000)
    // Another replica renews with the refresh token that is used up by now.
    room.renew = failing(invalidGrant())
    const late = held(() => {
      throw invalidGrant()
    })
    const call = other.open(connection)
    await pass(100)
    expect(late.count()).toBe(1)
    room.isAway = () => false
    await pass(3_000)
    expect(room.row()).toMatchObject({ version: 2 })
    late.letGo()
    expect(await end(call)).toMatchObject({ accessToken: 'access-token-2' })
    expect(room.row().connection.status).toBe('healthy')
  })

  it('heals a connection that another replica has found dead meanwhile', async () => {
    verifies('S-32', 'S-43')
    const connection = await room.connect(keeper, { leftS: 0 })
    room.isAway = (method) => method === 'save'
    await end(keeper.open(connection))
    await pass(40_000)
    room.renew = failing(invalidGrant())
    expect(await end(other.open(connection))).toBe('connection-needs-reauth')
    room.isAway = () => false
    await pass(3_000)
    expect(room.row()).toMatchObject({ version: 2, connection: { status: 'healthy' } })
  })

  it('is given up after ten minutes, and then the lost answer is remembered', async () => {
    const connection = await room.connect(keeper, { leftS: 0 })
    room.isAway = (method) => method === 'save'
    await end(keeper.open(connection))
    await pass(11 * 60_000)
    room.isAway = () => false
    room.renew = failing(invalidGrant())
    await pass(60_000)
    expect(await end(keeper.open(connection))).toBe('connection-needs-reauth')
    expect(room.row().connection.statusReason).toMatch(/interrupted/)
  })

  it('that was written though the database did not say so is not taken for another’s', async () => {
    const connection = await room.connect(keeper, { leftS: 0 })
    const { save } = room.store
    room.store.save = async (at, renewed) => {
      await save(at, renewed)
      room.store.save = save
      throw new Problem('store-unavailable')
    }
    const again = room.replica()
    expect(await end(again.open(connection))).toMatchObject({ accessToken: 'access-token-2' })
    expect(room.row()).toMatchObject({ version: 2, leasedBy: null })
  })

  it('is sealed anew for origins that were changed meanwhile', async () => {
    verifies('S-33')
    const connection = await room.connect(keeper, { leftS: 0 })
    const provider = held()
    const call = keeper.open(connection)
    await settle()
    const row = room.row()
    const origins = ['https://other.acme.example']
    row.connection = { ...row.connection, origins, version: 2 }
    const old = { accessToken: 'access-token-1', refreshToken: 'refresh-token-1' }
    const resealed = await keeper.sealFirst(row.connection, old, { nowMs: 0, version: 2 })
    Object.assign(row, { sealed: resealed.sealed, version: 2 })
    room.changed(connection.id)
    provider.letGo()
    // Whoever asked for the old origins is sent nowhere with the new token.
    expect(await end(call)).toBe('request-stopped')
    expect(await room.stored()).toMatchObject({ refreshToken: 'refresh-token-2' })
    expect(row).toMatchObject({ version: 3, leasedBy: null })
    expect(await end(keeper.open(row.connection))).toMatchObject({ accessToken: 'access-token-2' })
    expect(room.asked).toHaveLength(1)
  })

  it('for a connection that was revoked meanwhile is not kept, and the provider is told', async () => {
    verifies('S-10', 'S-32')
    const connection = await room.connect(keeper, { leftS: 0 })
    const provider = held()
    const call = keeper.open(connection)
    await settle()
    room.rows.delete(connection.id)
    room.changed(connection.id)
    provider.letGo()
    expect(await end(call)).toBe('connection-revoked')
    await settle()
    expect(room.revoked).toEqual(['refresh-token-2'])
    expect(room.rows.size).toBe(0)
  })

  it('for one that was revoked meanwhile ends nothing of what else the account granted', async () => {
    const connection = await room.connect(keeper, { leftS: 0 })
    room.wholeAccount = true
    const provider = held()
    const call = keeper.open(connection)
    await settle()
    room.rows.delete(connection.id)
    room.changed(connection.id)
    provider.letGo()
    expect(await end(call)).toBe('connection-revoked')
    await settle()
    expect(room.revoked).toEqual([])
  })

  it('for an account that was connected anew meanwhile is dropped, and nothing is revoked', async () => {
    verifies('S-32')
    const connection = await room.connect(keeper, { leftS: 0 })
    const provider = held()
    const call = keeper.open(connection)
    await settle()
    await reconnect()
    provider.letGo()
    expect(await end(call)).toMatchObject({ accessToken: 'access-token-new' })
    await settle()
    expect(await room.stored()).toMatchObject({ refreshToken: 'refresh-token-new' })
    expect(room.revoked).toEqual([])
  })

  it('lives for what was left of its life when it was written down', async () => {
    const connection = await room.connect(keeper, { leftS: 0 })
    room.renew = async () => room.answer({ expiresInSeconds: 60 })
    room.isAway = (method) => method === 'save'
    const call = keeper.open(connection)
    await pass(10_000)
    room.isAway = () => false
    await end(call)
    const leftMs = (room.row().endsAtMs ?? 0) - performance.now()
    expect(leftMs).toBeGreaterThan(40_000)
    expect(leftMs).toBeLessThan(51_000)
  })
})

describe('a renewal that was interrupted', () => {
  /** As a process that ended between the mark and the save. */
  const interrupt = () => {
    const leasedUntilMs = performance.now() + 25_000
    Object.assign(room.row(), { leasedBy: 'dead', leasedUntilMs })
    room.changed('con_1')
  }

  it('is waited for until its lease has run out, and then tried with the old refresh token', async () => {
    verifies('S-32', 'S-43')
    const connection = await room.connect(keeper, { leftS: 0 })
    interrupt()
    const problem = await problemOf(keeper.open(connection))
    expect(problem.type).toBe('token-refresh-failed')
    expect(problem.retryAfterSeconds).toBeGreaterThan(0)
    expect(room.asked).toEqual([])
    await pass(10_000)
    expect(await end(keeper.open(connection))).toMatchObject({ version: 2 })
    expect(room.asked).toEqual(['refresh-token-1'])
  })

  it('does not hold up requests while the token works', async () => {
    const connection = await room.connect(keeper, { leftS: 60 })
    interrupt()
    expect(await keeper.open(connection)).toMatchObject({ version: 1 })
    await settle()
    expect(room.calls.filter((call) => call === 'lease')).toEqual([])
  })

  it('is named where the provider takes the old refresh token for stolen, though it failed otherwise in between', async () => {
    verifies('S-32')
    const connection = await room.connect(keeper, { leftS: 0 })
    interrupt()
    await pass(26_000)
    room.renew = failing(unavailable())
    await end(keeper.open(connection))
    room.renew = failing(invalidGrant())
    await pass(20_000)
    expect(await end(keeper.open(connection))).toBe('connection-needs-reauth')
    expect(room.row().connection.statusReason).toMatch(/interrupted/)
  })

  it('is what a lost answer is too, and a clear no is not', async () => {
    for (const [answerLost, named] of [
      [true, true],
      [false, false],
    ]) {
      room.rows.clear()
      const connection = await room.connect(keeper, { leftS: 0 })
      room.changed(connection.id)
      await settle()
      room.renew = failing(unavailable({ answerLost: answerLost === true }))
      await end(keeper.open(connection))
      room.renew = failing(invalidGrant())
      await pass(20_000)
      await end(keeper.open(connection))
      const { statusReason } = room.row().connection
      expect(/interrupted/.test(statusReason ?? '')).toBe(named)
    }
  })
})

describe('a token that an upstream refuses', () => {
  it('is renewed once for all who were refused, in two processes', async () => {
    verifies('S-32')
    const connection = await room.connect(keeper)
    const all = Array.from({ length: 60 }, (_, n) =>
      (n % 2 === 0 ? keeper : other).renewRefused(connection, 1),
    )
    const tokens = await end(Promise.all(all))
    expect(tokens).toEqual(all.map(() => ({ accessToken: 'access-token-2', version: 2 })))
    expect(room.asked).toHaveLength(1)
    // Whoever was refused with the old one a little later is given the new one.
    expect(await keeper.renewRefused(connection, 1)).toMatchObject({ version: 2 })
    expect(room.asked).toHaveLength(1)
  })

  it('and was renewed a moment ago is given back as it is', async () => {
    verifies('S-32')
    const connection = await room.connect(keeper)
    await end(keeper.renewRefused(connection, 1))
    for (let n = 0; n < 20; n += 1) {
      expect(await keeper.renewRefused(connection, 2)).toMatchObject({ version: 2 })
      await pass(1_000)
    }
    expect(room.asked).toHaveLength(1)
    await pass(15_000)
    expect(await end(keeper.renewRefused(connection, 2))).toMatchObject({ version: 3 })
  })

  it('and has ended is renewed, though it was renewed a moment ago', async () => {
    verifies('S-32')
    const connection = await room.connect(keeper)
    room.renew = async () => room.answer({ expiresInSeconds: 15 })
    await end(keeper.renewRefused(connection, 1))
    await pass(14_000)
    expect(await keeper.renewRefused(connection, 2)).toMatchObject({ version: 2 })
    await pass(1_500)
    expect(await end(keeper.renewRefused(connection, 2))).toMatchObject({ version: 3 })
    expect(room.asked).toHaveLength(2)
  })

  it('and whose renewal fails is a failure, though its end has not come', async () => {
    const connection = await room.connect(keeper)
    room.renew = failing(unavailable())
    expect(await end(keeper.renewRefused(connection, 1))).toBe('token-refresh-failed')
    expect(await end(keeper.renewRefused(connection, 1))).toBe('token-refresh-failed')
    expect(room.asked).toHaveLength(1)
    // It may work elsewhere: requests go on with it.
    expect(await keeper.open(connection)).toMatchObject({ version: 1 })
  })

  it('and cannot be renewed is given back, as long as its end has not come', async () => {
    for (const leftS of [null, 3600]) {
      room.rows.clear()
      const connection = await room.connect(keeper, { leftS, refreshToken: null })
      room.changed(connection.id)
      await settle()
      expect(await keeper.renewRefused(connection, 1)).toMatchObject({ version: 1 })
      expect(room.row().connection.status).toBe('healthy')
    }
    expect(room.asked).toEqual([])
  })

  it('and has ended and cannot be renewed needs its owner; clocks alone end nothing', async () => {
    const connection = await room.connect(keeper, { leftS: 0, refreshToken: null })
    await pass(60_000)
    expect(await keeper.open(connection)).toMatchObject({ version: 1 })
    expect(await end(keeper.renewRefused(connection, 1))).toBe('connection-needs-reauth')
    expect(room.row().connection).toMatchObject({
      status: 'needs_reauth',
      statusReason: expect.stringContaining('nothing to renew it with'),
    })
    expect(room.events).toHaveLength(1)
    expect(room.asked).toEqual([])
  })
})

describe('what is opened', () => {
  it('is only what was sealed for this row, version and these origins', async () => {
    verifies('S-33')
    const connection = await room.connect(keeper)
    const theirs = await room.connect(keeper)
    Object.assign(room.row(connection.id), { sealed: room.row(theirs.id).sealed })
    expect(await end(keeper.open(connection))).toBe('credential-unreadable')
    const row = room.row(theirs.id)
    row.connection = { ...row.connection, origins: ['https://attacker.example'] }
    expect(await end(keeper.open(theirs))).toBe('credential-unreadable')
  })

  it('is for the connection as the request found it', async () => {
    const connection = await room.connect(keeper)
    await keeper.open(connection)
    expect(await end(keeper.open({ ...connection, version: 2 }))).toBe('request-stopped')
    const { connection: row } = room.row()
    room.row().connection = { ...row, version: 2 }
    expect(await end(keeper.open({ ...connection, version: 2 }))).toMatchObject({ version: 1 })
    expect(await end(keeper.open({ ...connection, status: 'revoked' }))).toBe('connection-revoked')
    const needing = { ...connection, version: 2, status: 'needs_reauth' } as const
    expect(await end(keeper.open(needing))).toBe('connection-needs-reauth')
  })
})

describe('tokens that nobody uses', () => {
  it('are renewed when their time has come, twenty at a turn, whatever comes of each', async () => {
    for (let n = 0; n < 25; n += 1) {
      const { id } = await room.connect(keeper)
      room.row(id).keepAliveAtMs = performance.now()
    }
    let fails = 0
    room.renew = async () => {
      fails += 1
      if (fails % 3 === 0) throw unavailable()
      return room.answer()
    }
    await end(keeper.keepAlive())
    expect(room.asked).toHaveLength(20)
    const renewed = [...room.rows.values()].filter(({ version }) => version === 2)
    expect(renewed).toHaveLength(14)
    for (const { keepAliveAtMs } of renewed)
      expect(keepAliveAtMs).toBeGreaterThan(performance.now())
  })

  it('are renewed by one of two replicas', async () => {
    verifies('S-32')
    const { id } = await room.connect(keeper)
    room.row(id).keepAliveAtMs = performance.now()
    await end(Promise.all([keeper.keepAlive(), other.keepAlive()]))
    expect(room.asked).toHaveLength(1)
  })
})

describe('a vault that stops', () => {
  it('waits for an answer that is on its way, and for its save', async () => {
    verifies('S-32', 'S-43')
    const connection = await room.connect(keeper, { leftS: 60 })
    const provider = held()
    await keeper.open(connection)
    await settle()
    let isClosed = false
    const closing = keeper.close().then(() => {
      isClosed = true
    })
    await pass(2_000)
    expect(isClosed).toBe(false)
    room.isAway = (method) => method === 'save'
    provider.letGo()
    await pass(1_000)
    expect(isClosed).toBe(false)
    room.isAway = () => false
    await end(closing)
    expect(room.row().version).toBe(2)
  })

  it('ends though a provider never answers, and begins nothing more', async () => {
    const connection = await room.connect(keeper, { leftS: 60 })
    held()
    await keeper.open(connection)
    await settle()
    const startedMs = performance.now()
    await end(keeper.close())
    expect(performance.now() - startedMs).toBeLessThan(16_000)
    const late = await room.connect(keeper, { leftS: 60 })
    await keeper.open(late)
    await settle()
    expect(room.asked).toHaveLength(1)
  })
})
