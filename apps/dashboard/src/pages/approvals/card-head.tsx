import type { Approval } from '@sallyport/contracts'
import { Badge, StatusBadge } from '../../components/badge.tsx'
import { TextLink } from '../../components/button.tsx'
import { entryNumber } from '../../components/entry-number.ts'
import { Time } from '../../components/time.tsx'
import { callTargetOf } from '../../components/tools/call-target.ts'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { timeLeft } from './clock.ts'
import { wishOf } from './describe-request.ts'

/** The heading of a card, for what it labels. */
export const headingIdOf = ({ id }: Pick<Approval, 'id'>) => `approval-${id}`

const nameCharsShown = 120

/** What is wanted in one sentence, made from the request and not from what the agent says about it. */
export function Sentence({ approval }: { approval: Approval }) {
  const { agent, method, host, connection, tool } = approval
  const call = callTargetOf(`${approval.origin}${approval.path}`)
  if (call !== undefined) {
    return (
      <>
        <UntrustedText text={agent.name} inline limit={nameCharsShown} /> wants to call{' '}
        <UntrustedText text={call.tool} inline mono limit={nameCharsShown} />{' '}
        {call.kind === 'mcp' ? 'of the server' : 'of the database'}{' '}
        <UntrustedText text={connection.label} inline limit={nameCharsShown} />
      </>
    )
  }
  return (
    <>
      <UntrustedText text={agent.name} inline limit={nameCharsShown} /> wants to{' '}
      {tool !== undefined && (
        <>
          call <UntrustedText text={tool} inline mono limit={nameCharsShown} />:{' '}
        </>
      )}
      {wishOf(method)} at <span className="[overflow-wrap:anywhere]">{host}</span>{' '}
      <span className="font-normal text-ink-soft">
        with <UntrustedText text={connection.label} inline limit={nameCharsShown} />
      </span>
    </>
  )
}

interface CardHeadProps {
  readonly approval: Approval
  readonly leftMs: number | undefined
  readonly isOver: boolean
}

/** Who wants what, how long there is to decide, and why a person is asked. */
export function CardHead({ approval, leftMs, isOver }: CardHeadProps) {
  const { status, askedCount, createdAt, reason, policyId, ruleId } = approval
  const left = leftMs === undefined ? undefined : timeLeft(leftMs)
  return (
    <div className="grid gap-1">
      <div className="flex items-start justify-between gap-x-4 gap-y-1.5 max-sm:flex-col">
        <h2 id={headingIdOf(approval)} className="min-w-0 text-[1.1rem] leading-snug font-semibold">
          <Sentence approval={approval} />
        </h2>
        <div className="flex shrink-0 flex-wrap items-center gap-1.5">
          {askedCount > 1 && <Badge tone="warn">Asked {askedCount} times</Badge>}
          {isOver ? (
            <Badge tone="bad">Expired</Badge>
          ) : (
            <>
              {status !== 'pending' && <StatusBadge status={status} />}
              {left !== undefined && (
                <Badge tone={left.tone}>
                  <span className="tabular-nums">{left.text}</span>
                </Badge>
              )}
            </>
          )}
        </div>
      </div>
      <p className="text-[0.93rem] text-ink-soft">
        Asked <Time at={createdAt} />. <UntrustedText text={reason} inline limit={400} />{' '}
        <TextLink to="/policies/$policyId" params={{ policyId }}>
          Policy
        </TextLink>
        {ruleId !== undefined && <RuleName ruleId={ruleId} />}
      </p>
    </div>
  )
}

/** What of the policy asks: an entry by its number, as the editor counts them, or a rule by its id. */
function RuleName({ ruleId }: { ruleId: string }) {
  const entry = entryNumber(ruleId)
  if (entry !== undefined) return `, entry ${entry}`
  if (/^tools\[\d+\]$/.test(ruleId)) return ', as granted for the tool'
  return (
    <>
      , rule <UntrustedText text={ruleId} inline mono limit={100} />
    </>
  )
}
