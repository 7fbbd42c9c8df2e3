import { type Rate, takeFrom, type Verdict } from './gcra.ts'

/** Agents that are remembered before those are forgotten whose burst is whole again. */
const agentsMax = 10_000
const msUs = 1_000

/** Requests as this process counts them, by a clock that nobody sets. */
export interface OwnCount {
  /** Counts them where they are allowed. */
  take(agentId: string, count: number, rate: Rate): Verdict
  /** What would be answered, without counting. */
  look(agentId: string, count: number, rate: Rate): Verdict
  /** From now on nobody has saved anything: each agent may make one request an interval, until it was quiet for a while. */
  spend(rate: Rate): void
}

/** Counts in memory. */
export function createOwnCount(monotonicMs: () => number): OwnCount {
  const dueUs = new Map<string, number>()
  const state = { spentUs: Number.NEGATIVE_INFINITY }
  const nowUs = () => Math.floor(monotonicMs() * msUs)
  const find = (agentId: string, count: number, rate: Rate) =>
    takeFrom(rate, {
      ...{ nowUs: nowUs(), count },
      dueUs: Math.max(dueUs.get(agentId) ?? 0, state.spentUs),
    })
  const forget = () => {
    for (const [agentId, due] of dueUs) if (due <= nowUs()) dueUs.delete(agentId)
  }
  return {
    look: find,
    take(agentId, count, rate) {
      const verdict = find(agentId, count, rate)
      if (dueUs.size >= agentsMax && !dueUs.has(agentId)) forget()
      dueUs.set(agentId, verdict.dueUs)
      return verdict
    },
    spend({ burst, intervalUs }) {
      state.spentUs = nowUs() + burst * intervalUs
    },
  }
}
