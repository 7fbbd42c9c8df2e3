// What each fault can explain, at which replica and for how long: nothing else is an excuse.

/** What goes wrong in a soak. `database-of`: the way of one replica to the database. */
export type FaultKind =
  | 'kill'
  | 'drain'
  | 'hold'
  | 'database-of'
  | 'database'
  | 'worker'
  | 'redis'
  | 'rotation'

/** One thing that went wrong, from its beginning until what it befell was ready again. */
export interface Fault {
  readonly kind: FaultKind
  /** The replica that it befell; undefined where it was none of them, or all. */
  readonly member: string | undefined
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly to: number
}

interface Explains {
  readonly where: 'at its replica' | 'everywhere' | 'nowhere'
  /** What a call or a person may be told because of it. */
  readonly problems: readonly string[]
  /** An attempt that was open may be left without an outcome. */
  readonly losesOutcomes?: boolean
  /** A refresh of an account may fail, whoever waits for it, and what the provider answered may be lost. */
  readonly losesRefreshes?: boolean
}

/** Whose access cannot be confirmed any more is stopped on the way. */
const withoutDatabase = [
  'store-unavailable',
  'audit-unavailable',
  'overloaded',
  'request-stopped',
] as const

/**
 * A vault that is killed, stopped or held up harms who asked it, and its neighbours not at all. Without the worker and without Redis
 * vaults do the same themselves, and a rotation is not noticed.
 */
const explanations: Readonly<Record<FaultKind, Explains>> = {
  kill: {
    where: 'at its replica',
    problems: ['vault-unreachable'],
    ...{ losesOutcomes: true, losesRefreshes: true },
  },
  drain: { where: 'at its replica', problems: ['vault-unreachable', 'overloaded', 'draining'] },
  hold: {
    where: 'at its replica',
    problems: ['vault-unreachable', ...withoutDatabase],
    losesRefreshes: true,
  },
  'database-of': {
    where: 'at its replica',
    problems: withoutDatabase,
    ...{ losesOutcomes: true, losesRefreshes: true },
  },
  database: {
    where: 'everywhere',
    problems: withoutDatabase,
    ...{ losesOutcomes: true, losesRefreshes: true },
  },
  // It renews tokens before they are due: killed amid that, it takes along what the provider said.
  worker: { where: 'nowhere', problems: [], losesRefreshes: true },
  redis: { where: 'nowhere', problems: [] },
  rotation: { where: 'nowhere', problems: [] },
}

/** When something was under way, and at which replica. */
export interface When {
  readonly from: number
  readonly to: number
  readonly member: string
}

/** Whoever began while a fault was hardly over may still meet its traces: a connection that is found to be dead. */
const aftermathMs = 1_000
/** An outcome is written behind the answer. */
const outcomeLagMs = 2_000
/** Who died amid a refresh holds it for 25 s, and after a failure its provider is left alone for 5 s. */
const refreshAftermathMs = 30_000

const reaches = (fault: Fault, { from, to }: Pick<When, 'from' | 'to'>, afterMs: number) =>
  fault.from <= to && from <= fault.to + afterMs

const befell = ({ kind, member }: Fault, where: string) => {
  const explains = explanations[kind].where
  return explains === 'everywhere' || (explains === 'at its replica' && member === where)
}

/** Can a fault explain that whoever was there then was told this? */
export const explainsProblem = (faults: readonly Fault[], when: When, problem: string): boolean =>
  faults.some(
    (fault) =>
      befell(fault, when.member) &&
      explanations[fault.kind].problems.includes(problem) &&
      reaches(fault, when, aftermathMs),
  )

/** Can a fault explain that a refresh failed? One replica, or the worker, asks the provider for all of them. */
export const explainsRefresh = (faults: readonly Fault[], when: Omit<When, 'member'>): boolean =>
  faults.some(
    (fault) =>
      fault.kind !== 'worker' &&
      explanations[fault.kind].losesRefreshes === true &&
      reaches(fault, when, refreshAftermathMs),
  )

/** Can a fault explain that a refresh token was sent again? Whoever had its successor died with it, or could not keep it. */
export const explainsReuse = (faults: readonly Fault[], when: Omit<When, 'member'>): boolean =>
  faults.some(
    (fault) =>
      explanations[fault.kind].losesRefreshes === true && reaches(fault, when, aftermathMs),
  )

/** Can a fault explain that an attempt has no outcome that anybody knows? */
export const explainsUnknown = (faults: readonly Fault[], when: When): boolean =>
  faults.some(
    (fault) =>
      befell(fault, when.member) &&
      explanations[fault.kind].losesOutcomes === true &&
      reaches(fault, { ...when, to: when.to + outcomeLagMs }, aftermathMs),
  )

/** Did the machine of a replica stand still then, or end a moment before? It knows of nothing that happened meanwhile. */
export const stoodStill = (faults: readonly Fault[], when: When): boolean =>
  faults.some(
    (fault) =>
      fault.kind === 'hold' && fault.member === when.member && reaches(fault, when, aftermathMs),
  )
