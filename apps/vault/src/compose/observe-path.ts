import type { Problem } from '@sallyport/contracts'
import { hasCallScheme } from '../execute/call-address.ts'
import type { ExecuteNeeds, Progress } from '../execute/execute-needs.ts'
import type { PermittedRequest } from '../execute/permit.ts'
import type { ResolvedCall } from '../execute/resolve-call.ts'
import type { SendCall } from '../execute/send-call.ts'
import type { Ending } from '../execute/send-permitted.ts'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import type { DecisionOutcome, Entry, Observers } from '../telemetry/observers.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Traces } from '../telemetry/traces.ts'

// Looks at the stages of the request path from outside, where the operator asked for metrics or traces; else nothing is put
// between them.

type Deciding = Pick<ExecuteNeeds, 'begin' | 'refuse' | 'recordAsked' | 'recordDryRun'>

/** Counts what is decided, and shows the intent's commit in the trace. */
export function observeDecisions(
  { metrics, traces }: Pick<Telemetry, 'metrics' | 'traces'>,
  path: Deciding,
): Deciding {
  if (metrics === undefined && traces === undefined) return path
  const tell = (of: Told, outcome: DecisionOutcome) => {
    const { agent, tool } = of
    const entry = entryOf(agent, tool)
    metrics?.observers.onDecision({ entry, outcome, tool: tool?.name })
    traces?.note({ 'sallyport.entry': entry, 'sallyport.decision': outcome, ...serviceOf(of) })
  }
  return {
    async begin(auditId, allowed) {
      const begin = () => path.begin(auditId, allowed)
      try {
        const begun = await (traces === undefined ? begin() : traces.inStage('audit intent', begin))
        const refused = 'approval' in begun ? 'deny' : 'rate-limited'
        tell(allowed.call, begun.granted ? 'allow' : refused)
        return begun
      } catch (error) {
        tell(allowed.call, 'error')
        throw error
      }
    },
    refuse(progress, problem) {
      tell(toldOf(progress), outcomeOf(problem))
      return path.refuse(progress, problem)
    },
    recordAsked(progress, approval) {
      tell(toldOf(progress), 'approval')
      return path.recordAsked(progress, approval)
    },
    recordDryRun(progress) {
      tell(toldOf(progress), 'dry-run')
      return path.recordDryRun(progress)
    },
  }
}

interface Told {
  readonly agent: AuthenticatedAgent
  readonly tool?: { readonly name: string } | undefined
  readonly connection?: ResolvedCall['connection'] | undefined
}

/** Only a tool that there is: what an agent asked for by a name of its own is nobody's label. */
const toldOf = ({ agent, call }: Progress): Told => ({ agent, ...call })

/** Through which door an agent’s call came. */
export const entryOf = ({ through }: AuthenticatedAgent, tool: object | undefined): Entry =>
  through ?? (tool === undefined ? 'execute' : 'tool')

const serviceOf = ({ connection }: Told) =>
  connection !== undefined && { 'sallyport.service': connection.service }

const tooMany = 429

function outcomeOf({ status }: Problem): DecisionOutcome {
  if (status === tooMany) return 'rate-limited'
  return status >= 500 ? 'error' : 'deny'
}

/** Counts how what was sent ended. */
export function observeEnds(
  observers: Observers | undefined,
  end: ExecuteNeeds['end'],
): ExecuteNeeds['end'] {
  if (observers === undefined) return end
  return (permitted: PermittedRequest, ending: Ending) => {
    end(permitted, ending)
    const { service } = permitted.connection
    observers.onUpstream({ service, outcome: endOf(ending), durationMs: ending.durationMs })
  }
}

function endOf(ending: Ending): string {
  if ('withheld' in ending) return 'withheld'
  if ('sent' in ending) return `${Math.floor(ending.sent.status / 100)}xx`
  return failures[ending.failed.type] ?? 'failed'
}

const failures: Readonly<Record<string, string>> = {
  'address-refused': 'address-refused',
  overloaded: 'overloaded',
  'request-stopped': 'stopped',
  'response-too-large': 'too-large',
  'upstream-invalid-response': 'invalid',
  'upstream-not-connected': 'not-connected',
  'upstream-timeout': 'timeout',
  'upstream-unreachable': 'unreachable',
}

/** The headers of W3C Trace Context: what a request says of one is the vault's own or nothing (S-18). */
const traceHeaders: ReadonlySet<string> = new Set(['traceparent', 'tracestate'])

/** Shows sending in the trace, and tells the listed upstreams of it. */
export function observeSending(traces: Traces | undefined, send: SendCall): SendCall {
  if (traces === undefined) return send
  return (request, how) =>
    traces.inStage(
      'send',
      async () => {
        const told = hasCallScheme(request.url) ? [] : traces.headersFor(request.url)
        const own = request.headers.filter(([name]) => !traceHeaders.has(name.toLowerCase()))
        const answer = await send(
          told.length === 0 ? request : { ...request, headers: [...own, ...told] },
          how,
        )
        traces.note({
          'http.request.method': request.method,
          'http.response.status_code': answer.status,
        })
        return answer
      },
      'client',
    )
}

/** Shows in the trace that an owner is asked and waited for. */
export function observeAsking(
  traces: Traces | undefined,
  approvals: ExecuteNeeds['approvals'],
): ExecuteNeeds['approvals'] {
  if (traces === undefined) return approvals
  return {
    ...approvals,
    ask: (asked) => traces.inStage('approval', () => approvals.ask(asked)),
    waitUntilDecided: (...waiting) =>
      traces.inStage('approval wait', () => approvals.waitUntilDecided(...waiting)),
  }
}
