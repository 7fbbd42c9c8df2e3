import { isDeepStrictEqual } from 'node:util'
import type { FilePolicy, PolicyTest } from '@sallyport/contracts'
import { decideOffline, filterOffline, readPolicyDocument } from '@sallyport/vault/offline-decide'
import type { FileFault, ReadPolicyFile } from './read-policy-file.ts'
import { offlineGrants, offlineTool } from './tool-names.ts'

/** One thing that came out otherwise than expected. */
export interface Difference {
  readonly what: string
  readonly expected: unknown
  readonly was: unknown
}

/** How one test went. No differences: it passed. */
export interface TestedPolicy {
  readonly file: string
  readonly line: number
  readonly name: string
  readonly differences: readonly Difference[]
  /** What the policy says to the request, in its words. */
  readonly decided: {
    readonly decision: string
    readonly ruleId?: string | undefined
    /** What people call the rule. */
    readonly rule?: string | undefined
    readonly reason: string
  }
}

/**
 * Runs the tests of files on the policies of all of them, with what the vault itself decides with. Tests of an agent and a
 * connection that have no policy there are faults.
 */
export async function runPolicyTests(
  files: readonly ReadPolicyFile[],
  nowMs: number,
): Promise<
  { readonly tested: readonly TestedPolicy[] } | { readonly faults: readonly FileFault[] }
> {
  const policies = files.flatMap(({ content }) => content.policies ?? [])
  const tested: TestedPolicy[] = []
  const faults: FileFault[] = []
  for (const file of files) {
    for (const [at, test] of (file.content.tests ?? []).entries()) {
      const fitting = policies.filter(
        ({ agent, connection }) => agent === test.agent && connection === test.connection,
      )
      const [policy] = fitting
      const place = file.faultAt(['tests', at], whyNone(test, policies))
      if (policy === undefined || fitting.length > 1) {
        const twice = 'names an agent and a connection with more than one policy in these files'
        faults.push(fitting.length > 1 ? { ...place, message: twice } : place)
        continue
      }
      const told = { file: file.name, line: place.line, name: test.name }
      tested.push({ ...told, ...(await runTest(test, policy, nowMs)) })
    }
  }
  return faults.length > 0 ? { faults } : { tested }
}

/** Which pairs there are, of those that are meant most likely: of the same agent, or all. */
function whyNone({ agent, connection }: PolicyTest, policies: readonly FilePolicy[]): string {
  const own = policies.filter((policy) => policy.agent === agent)
  const pairs = (own.length > 0 ? own : policies)
    .slice(0, pairsToldMax)
    .map((policy) => `${policy.agent} → ${policy.connection}`)
  const known = pairs.length === 0 ? 'they hold none' : `they hold ${pairs.join(', ')}`
  return `needs a policy for ${agent} → ${connection} in these files, and ${known}: name both as the policy does`
}
const pairsToldMax = 5

async function runTest(
  test: PolicyTest,
  { agent: _, connection: __, tools, ...input }: FilePolicy,
  nowMs: number,
): Promise<Pick<TestedPolicy, 'differences' | 'decided'>> {
  const document = readPolicyDocument({
    ...input,
    ...(tools && { tools: offlineGrants(tools) }),
  })
  const { request, expect: wanted } = test
  const tool = test.tool === undefined ? undefined : offlineTool(test.tool)
  const origins = test.origins ?? originsOf(input, request.url, tool !== undefined)
  const at = test.at === undefined ? nowMs : Date.parse(test.at)
  const verdict = await decideOffline({ document, request, tool, origins, nowMs: at })
  const differences: Difference[] = []
  const check = (what: string, expected: unknown, was: unknown) => {
    if (expected !== undefined && !isDeepStrictEqual(expected, was)) {
      differences.push({ what, expected, was })
    }
  }
  check('decision', wanted.decision, verdict.decision)
  check('ruleId', wanted.ruleId, verdict.ruleId)
  check('problem', wanted.problem, verdict.problem)
  if (wanted.reason !== undefined && !verdict.reason.includes(wanted.reason)) {
    check('reason', wanted.reason, verdict.reason)
  }
  if (wanted.sentBody !== undefined) {
    const redacted = verdict.wouldSend?.redactedBody
    const was = redacted === undefined ? request.body : readAs(wanted.sentBody, redacted)
    check('sentBody', wanted.sentBody, was)
  }
  if (wanted.answer !== undefined && verdict.decision === 'deny') {
    differences.push({ what: 'answer', expected: wanted.answer, was: 'none: nothing is sent' })
  } else if (wanted.answer !== undefined && test.answer !== undefined) {
    const seen = await filterOffline({ document, request, tool }, upstreamAnswer(test.answer))
    check('answer.withheld', wanted.answer.withheld, 'withheld' in seen)
    const { headers = {}, body } = 'withheld' in seen ? {} : seen
    check('answer.body', wanted.answer.body, body)
    for (const [name, value] of Object.entries(wanted.answer.headers ?? {})) {
      check(`answer.headers.${name}`, value, headers[name.toLowerCase()])
    }
  }
  const { decision, ruleId, reason } = verdict
  const rule = document.rules?.find(({ id }) => id === ruleId)?.label
  return { differences, decided: { decision, ruleId, rule, reason } }
}

/** A body that is expected as text is compared as text. */
function readAs(expected: unknown, text: string): unknown {
  if (typeof expected === 'string') return text
  try {
    return JSON.parse(text)
  } catch {
    return text // It is shown as it is.
  }
}

/** What the entries name; of those with a star, and of a tool, what the request is for. */
function originsOf({ allow }: Pick<FilePolicy, 'allow'>, url: string, isTool: boolean): string[] {
  const exact = allow.map(({ origin }) => origin).filter((origin) => !origin.includes('*'))
  const isWild = exact.length < allow.length || isTool
  return isWild && URL.canParse(url) ? [...exact, new URL(url).origin] : exact
}

function upstreamAnswer({ status = 200, headers = {}, body }: NonNullable<PolicyTest['answer']>) {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  const isText = typeof body === 'string'
  const hasType = lower.some(([name]) => name === 'content-type')
  const type = isText ? 'text/plain' : 'application/json'
  const text = body === undefined ? '' : isText ? body : JSON.stringify(body)
  return {
    status,
    headers: hasType ? lower : [...lower, ['content-type', type] as const],
    body: Buffer.from(text, 'utf8'),
  }
}
