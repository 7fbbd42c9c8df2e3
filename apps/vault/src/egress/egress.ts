// The only way out: this room checks where a request may go, dials the address that it checked, sends the request at most
// once and bounds what comes back.
import type { Socket } from 'node:net'
import { Problem } from '@sallyport/contracts'
import type { SyslogTransport } from '../audit-streams/senders/syslog.ts'
import type { MailTransport } from '../notify/mail-transport.ts'
import { createAddressRules } from './address-rules.ts'
import { createConnect, type Resolve, resolveBySystem } from './connect.ts'
import { createDatabaseDial, type DatabaseDial } from './database-dial.ts'
import { createExchange, type ExchangeLimits, type UpstreamAnswer } from './exchange.ts'
import { createLanePool, type LaneLimits, type LanePool } from './lane-pool.ts'
import { createMailTransport } from './mail.ts'
import { checkOrigin, readOrigin } from './origin-rules.ts'
import { createSyslogTransport } from './syslog.ts'
import { type OutgoingRequest, toWireRequest } from './wire-request.ts'

export type { Resolve } from './connect.ts'
export type { StopExchange, UpstreamAnswer } from './exchange.ts'
export type { OutgoingRequest } from './wire-request.ts'

/** How one request is sent. */
export interface SendOptions extends ExchangeLimits {
  /**
   * Whose connections may carry it: the connection's id with the version of its credential. Requests with different keys
   * never share a socket. A key that was closed stays closed.
   */
  readonly poolKey: string
  /** Pools of one group together are fewer than all: for keys of which anybody can have many. */
  readonly poolGroup?: string | undefined
}

/** The only way out. */
export interface Egress {
  /**
   * Sends a request at most once, without following redirects, and resolves when the head of the answer is there.
   * @throws Problem address-refused, upstream-unreachable, upstream-timeout, upstream-invalid-response, response-too-large,
   * request-stopped (or the signal's reason, where that is a problem), overloaded; invalid-method, invalid-url and
   * invalid-header for what must not be written to a socket. Reading the body can throw the same.
   */
  send(request: OutgoingRequest, options: SendOptions): Promise<UpstreamAnswer>
  /** Ends all connections and exchanges of a key, and refuses it from now on: for a revoked or replaced credential. */
  closePool(poolKey: string): void
  /** Whether an owner may name an origin: true, or a sentence that says why not. */
  isAllowedOrigin(origin: string): true | string
  /** Mail, by the same rules. */
  readonly mail: MailTransport
  /** Syslog, by the same rules. */
  readonly syslog: SyslogTransport
  /** Sockets for the drivers of databases, by the same rules. */
  readonly databases: DatabaseDial
  /** Ends everything and sends nothing more. */
  close(): Promise<void>
}

/** Bounds that an operator may change. */
export interface EgressLimits extends LaneLimits {
  readonly poolsMax: number
  /** Of them for one group. */
  readonly groupPoolsMax: number
  readonly resolveMs: number
  readonly connectMs: number
}

const defaultLimits: EgressLimits = {
  poolsMax: 1024,
  groupPoolsMax: 256,
  connectionsMax: 64,
  waitingMax: 1024,
  resolveMs: 5_000,
  connectMs: 10_000,
  headersMs: 300_000,
  bodyIdleMs: 60_000,
  keepAliveMs: 4_000,
  keepAliveMaxMs: 60_000,
  connectionAgeMaxMs: 300_000,
  distrustMs: 60_000,
  headerBytesMax: 32 * 1024,
}

/** Keys that were closed and are remembered; far more than are revoked while one request is on its way. */
const closedKeysMax = 20_000

/**
 * Builds the way out.
 * @throws RangeError with a sentence where a range of the operator's cannot be read
 */
export function createEgress(needs: {
  allowCidrs: readonly string[]
  denyCidrs: readonly string[]
  now: () => number
  resolve?: Resolve
  limits?: Partial<EgressLimits>
  extraCa?: readonly string[]
}): Egress {
  const { now } = needs
  const limits = { ...defaultLimits, ...needs.limits }
  const rules = createAddressRules(needs)
  const resolve = needs.resolve ?? resolveBySystem
  const extraCa = needs.extraCa ?? []
  const connect = createConnect({ ...limits, rules, resolve, extraCa })
  const pools = createPoolTable(limits, (origin, onEmpty) => {
    const target = readOrigin(origin)
    if (typeof target === 'string') throw new Problem('invalid-url', target)
    const allowed = checkOrigin(origin, rules)
    if (allowed !== true) throw new Problem('address-refused', allowed)
    return createLanePool({ target, connect, limits, now, onEmpty })
  })
  const closedKeys = new Set<string>()
  /** Those that do not belong to a pool. */
  const sockets = new Set<Socket>()
  let isClosed = false
  const dialling = { rules, connect, extraCa, sockets, isClosed: () => isClosed }

  return {
    async send(request, options) {
      const wire = toWireRequest(request)
      if (isClosed || closedKeys.has(options.poolKey)) throw revoked()
      const pool = pools.get(options, wire.origin)
      const exchange = createExchange(wire, options, pool.forget)
      if (options.signal?.aborted !== true) pool.carry(exchange)
      return exchange.answer
    },
    closePool(poolKey) {
      closedKeys.add(poolKey)
      const [oldest] = closedKeys
      if (closedKeys.size > closedKeysMax && oldest !== undefined) closedKeys.delete(oldest)
      pools.destroy((key) => key === poolKey, revoked())
    },
    isAllowedOrigin: (origin) => checkOrigin(origin, rules),
    mail: createMailTransport(dialling),
    syslog: createSyslogTransport(dialling),
    databases: createDatabaseDial(dialling),
    async close() {
      isClosed = true
      for (const socket of sockets) socket.destroy()
      pools.destroy(() => true, new Problem('request-stopped', 'The vault is stopping.'))
    },
  }
}

function revoked(): Problem {
  return new Problem('request-stopped', 'The connection was revoked or changed meanwhile.', {
    next: 'List the connections to see what is left.',
  })
}

interface PoolTable {
  get(whose: Pick<SendOptions, 'poolKey' | 'poolGroup'>, origin: string): LanePool
  destroy(matches: (poolKey: string) => boolean, problem: Problem): void
}

interface Pooled {
  readonly pool: LanePool
  readonly poolKey: string
  readonly group: string | undefined
  usedAt: number
}

/** All pools, by key and origin. A pool leaves when its last connection does, unless it has seen what makes
 * it distrust the next one; at the bound the longest unused quiet one goes. */
function createPoolTable(
  { poolsMax, groupPoolsMax }: Pick<EgressLimits, 'poolsMax' | 'groupPoolsMax'>,
  make: (origin: string, onEmpty: () => void) => LanePool,
): PoolTable {
  const table = new Map<string, Pooled>()
  let uses = 0

  function makeRoom(group?: string): void {
    let oldest: [string, Pooled] | undefined
    for (const entry of table) {
      if (!entry[1].pool.isQuiet()) continue
      if (group !== undefined && entry[1].group !== group) continue
      if (oldest === undefined || entry[1].usedAt < oldest[1].usedAt) oldest = entry
    }
    if (oldest === undefined) {
      throw new Problem('overloaded', 'Too many upstreams are busy at once.', {
        next: 'Nothing was sent; try again in a moment.',
        retryAfterSeconds: 1,
      })
    }
    table.delete(oldest[0])
    oldest[1].pool.destroy(new Problem('request-stopped', 'The request was stopped.'))
  }

  const countOf = (group: string) =>
    [...table.values()].reduce((count, one) => count + (one.group === group ? 1 : 0), 0)

  return {
    get({ poolKey, poolGroup: group }, origin) {
      const key = `${origin} ${poolKey}`
      let entry = table.get(key)
      if (entry === undefined) {
        if (group !== undefined && countOf(group) >= groupPoolsMax) makeRoom(group)
        if (table.size >= poolsMax) makeRoom()
        const onEmpty = () => {
          if (table.get(key)?.pool.isEmpty()) table.delete(key)
        }
        entry = { pool: make(origin, onEmpty), poolKey, group, usedAt: 0 }
        table.set(key, entry)
      }
      uses += 1
      entry.usedAt = uses
      return entry.pool
    },
    destroy(matches, problem) {
      for (const [key, { pool, poolKey }] of [...table]) {
        if (!matches(poolKey)) continue
        table.delete(key)
        pool.destroy(problem)
      }
    },
  }
}
