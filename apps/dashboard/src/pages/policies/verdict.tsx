import type { PolicyDocument } from '@sallyport/contracts'
import type { Output } from '../../api.ts'
import { Badge } from '../../components/badge.tsx'
import { Notice } from '../../components/notice.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { nameOfRule } from './name-of-rule.ts'
import { wordsOf } from './rules/effect-words.ts'

type Tried = Output<'tryPolicy'>
type Traced = NonNullable<Tried['rules']>[number]

const verdicts = {
  allow: { tone: 'good', title: 'Allowed' },
  require_approval: { tone: 'warn', title: 'Asks an owner first' },
  deny: { tone: 'bad', title: 'Denied' },
} as const

interface VerdictProps {
  readonly tried: Tried
  /** The draft that was tried. */
  readonly draft: PolicyDocument
}

/** What the vault says of a request that was tried: the decision, what each rule said, what would be sent. */
export function Verdict({ tried, draft }: VerdictProps) {
  const { tone, title } = verdicts[tried.decision]
  const { wouldSend, ruleId, rules = [] } = tried
  return (
    <div className="grid gap-3">
      <Notice tone={tone} title={title}>
        <div className="[overflow-wrap:anywhere]">
          <p>{tried.reason}</p>
          {tried.next !== undefined && tried.decision === 'deny' && (
            <p className="mt-1">The agent is told: {tried.next}</p>
          )}
          {ruleId !== undefined && <p className="mt-1">Decided by {nameOfRule(ruleId, draft)}.</p>}
        </div>
      </Notice>
      {rules.length > 0 && <Trace rules={rules} draft={draft} />}
      {wouldSend !== undefined && (
        <WouldSend wouldSend={wouldSend} isAllowed={tried.decision === 'allow'} />
      )}
    </div>
  )
}

interface TraceProps {
  readonly rules: readonly Traced[]
  readonly draft: PolicyDocument
}

/** What each rule said: those that matched, and on demand the others with what they wanted. */
function Trace({ rules, draft }: TraceProps) {
  const matched = rules.filter((rule) => rule.matched)
  const others = rules.filter((rule) => !rule.matched)
  return (
    <div className="grid gap-2 text-[0.93rem]">
      {matched.length > 0 && <TraceList rules={matched} draft={draft} label="Rules that fit" />}
      {others.length > 0 && (
        <details>
          <summary className="cursor-pointer text-ink-soft hover:text-ink">
            {others.length === 1 ? '1 rule does' : `${others.length} rules do`} not fit
          </summary>
          <div className="mt-2">
            <TraceList rules={others} draft={draft} label="Rules that do not fit" />
          </div>
        </details>
      )}
    </div>
  )
}

function TraceList({ rules, draft, label }: TraceProps & { readonly label: string }) {
  const places = new Map((draft.rules ?? []).map((rule, index) => [rule.id, { rule, index }]))
  return (
    <ul aria-label={label} className="grid gap-1.5">
      {rules.map(({ id, why }) => {
        const found = places.get(id)
        const words = found === undefined ? undefined : wordsOf(found.rule.then)
        return (
          <li key={id} className="[overflow-wrap:anywhere]">
            <span className="font-semibold">{found === undefined ? id : found.index + 1}</span>{' '}
            {words !== undefined && <Badge tone={words.tone}>{words.label}</Badge>}{' '}
            <span className="text-ink-soft">{why}</span>
          </li>
        )
      })}
    </ul>
  )
}

interface WouldSendProps {
  readonly wouldSend: NonNullable<Tried['wouldSend']>
  readonly isAllowed: boolean
}

function WouldSend({ wouldSend, isAllowed }: WouldSendProps) {
  const { redactedBody } = wouldSend
  return (
    <div className="grid gap-2">
      <p className="text-[0.87rem] text-ink-soft">
        {isAllowed ? 'This would be sent' : 'After an approval this would be sent'}, with the key
        put on:
      </p>
      <pre className="overflow-x-auto rounded-md border border-line bg-sunken px-3 py-2 font-mono text-[0.87rem] whitespace-pre-wrap [overflow-wrap:anywhere]">
        {sentText(wouldSend)}
      </pre>
      {redactedBody !== undefined && (
        <>
          <p className="text-[0.87rem] text-ink-soft">Of the body this would be left:</p>
          <div className="rounded-md border border-line bg-sunken px-3 py-2 text-[0.93rem]">
            <UntrustedText text={redactedBody} mono />
          </div>
        </>
      )}
    </div>
  )
}

function sentText({ method, url, headers }: WouldSendProps['wouldSend']): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [`${method} ${url}`, ...lines].join('\n')
}
