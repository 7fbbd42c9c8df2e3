import type { ResponseRule } from '@sallyport/contracts'
import { Plus } from 'lucide-react'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { lazyPart } from '../../../components/lazy-part.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { useFault } from '../draft-fields.tsx'
import { useRuleOrigins } from '../guards/use-rule-origins.ts'
import { newResponseRule } from './rule-draft.ts'
import { RuleFields } from './rule-fields.tsx'
import { RuleRow } from './rule-row.tsx'
import { responseSummary } from './rule-summary.ts'
import { useRuleList } from './use-rule-list.ts'

const ResponseRuleFields = lazyPart(
  async () => (await import('./response-rule-fields.tsx')).ResponseRuleFields,
  <LoadingState lines={4} />,
)

/** Rules on answers: what of them the agent gets to see. */
export function ResponsesSection({ hosts }: { hosts: readonly string[] }) {
  const { rules, keys, open, said, act, add, box } = useRuleList<ResponseRule>('response')
  const origins = useRuleOrigins(rules)
  const fault = useFault('response.root')
  return (
    <Card
      title="Rules on answers"
      description="What the agent gets to see of what comes back. All that fit apply, from the top. An answer to which one cannot be applied is withheld."
    >
      <div ref={box} className="grid gap-3">
        {rules.length > 0 && (
          <ol className="grid gap-2" aria-label="Rules on answers">
            {rules.map((rule, index) => (
              <RuleRow
                key={keys[index]}
                rowKey={keys[index] ?? 0}
                number={index + 1}
                isLast={index === rules.length - 1}
                isOpen={open.has(keys[index] ?? 0)}
                onAct={act}
                label={rule.label}
                summary={responseSummary(rule)}
                origin={origins[index]}
              >
                {() => (
                  <RuleFields name={`response.${index}`} origin={origins[index]}>
                    <ResponseRuleFields name={`response.${index}`} origins={hosts} />
                  </RuleFields>
                )}
              </RuleRow>
            ))}
          </ol>
        )}
        {fault !== undefined && <p className="text-[0.87rem] font-medium text-bad">{fault}</p>}
        <div className="flex flex-wrap items-center gap-2">
          <Button size="sm" data-add="" onClick={() => add(newResponseRule(rules))}>
            <Plus aria-hidden="true" /> Add a rule on answers
          </Button>
          <span role="status" className="sr-only">
            {said}
          </span>
        </div>
      </div>
    </Card>
  )
}
