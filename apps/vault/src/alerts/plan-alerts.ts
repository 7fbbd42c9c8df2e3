import type { AlertKind } from '@sallyport/contracts'
import { addUp, describeFinding, type Finding, findingKey, sameForMs } from './findings.ts'

/** The newest alert of its agent, kind and subject. */
export interface KnownAlert {
  readonly id: string
  readonly agentId: string
  readonly kind: AlertKind
  readonly subject: string
  readonly lastMs: number
  readonly observed: number | null
  readonly isOpen: boolean
}

/** An alert as it is raised. */
export interface NewAlert {
  readonly id: string
  readonly agentId: string
  readonly connectionId: string | undefined
  readonly kind: AlertKind
  readonly subject: string
  readonly sentence: string
  readonly observed: number | undefined
  readonly usual: number | undefined
  readonly threshold: number | undefined
  readonly atMs: number
  readonly lastMs: number
}

/** What goes on, of an alert that there is. Numbers and sentence only where there is more of it than before. */
export interface GoneOn {
  readonly id: string
  readonly lastMs: number
  readonly more?: {
    readonly sentence: string
    readonly observed: number | undefined
    readonly usual: number | undefined
    readonly threshold: number | undefined
  }
}

/** What becomes of one finding. */
export type Planned =
  | { readonly finding: Finding; readonly raise: NewAlert }
  | { readonly finding: Finding; readonly goesOn: GoneOn }
  | { readonly finding: Finding; readonly tooMany: true }

export interface PlanGiven {
  /** By `findingKey`. */
  readonly known: ReadonlyMap<string, KnownAlert>
  /** How many more may be raised today, by agent and for the workspace. */
  readonly left: { readonly agents: Map<string, number>; workspace: number }
  readonly newId: () => string
  /** Is one raised whatever the number of others? */
  readonly isAlways: (kind: AlertKind) => boolean
}

/**
 * Says what becomes of findings: what goes on is one alert, for as long as nobody has looked at it, and for a while after it
 * was last seen even then. `left` is counted down.
 */
export function planAlerts(findings: readonly Finding[], given: PlanGiven): Planned[] {
  return findings.map((finding) => {
    const known = given.known.get(findingKey(finding))
    if (known !== undefined) {
      const isSame = known.isOpen || finding.firstMs - known.lastMs < sameForMs(finding)
      if (isSame) return { finding, goesOn: goOn(known, finding) }
    }
    const left = given.left.agents.get(finding.agentId) ?? 0
    const isTooMany = left <= 0 || given.left.workspace <= 0
    if (isTooMany && !given.isAlways(finding.kind)) return { finding, tooMany: true }
    given.left.agents.set(finding.agentId, left - 1)
    given.left.workspace -= 1
    return { finding, raise: raise(given.newId(), finding) }
  })
}

function goOn(known: KnownAlert, finding: Finding): GoneOn {
  const before = known.observed ?? undefined
  const observed = addUp(finding.kind, before, finding.observed)
  const lastMs = Math.max(known.lastMs, finding.lastMs)
  if (observed === before) return { id: known.id, lastMs }
  const { usual, threshold } = finding
  const sentence = describeFinding({ ...finding, observed })
  return { id: known.id, lastMs, more: { sentence, observed, usual, threshold } }
}

const raise = (id: string, finding: Finding): NewAlert => {
  const { agentId, connectionId, kind, subject, observed, usual, threshold } = finding
  const { firstMs: atMs, lastMs } = finding
  const sentence = describeFinding(finding)
  return {
    ...{ id, agentId, connectionId, kind, subject, sentence },
    ...{ observed, usual, threshold, atMs, lastMs },
  }
}
