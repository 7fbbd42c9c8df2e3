import type { RequestRule } from '@sallyport/contracts'
import { Plus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { lazyPart } from '../../../components/lazy-part.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { useFault } from '../draft-fields.tsx'
import { useRuleOrigins } from '../guards/use-rule-origins.ts'
import { effectWords, wordsOf } from './effect-words.ts'
import { newRule } from './rule-draft.ts'
import { RuleFields } from './rule-fields.tsx'
import { RuleRow } from './rule-row.tsx'
import { requestSummary } from './rule-summary.ts'
import { useRuleList } from './use-rule-list.ts'

const RequestRuleFields = lazyPart(
  async () => (await import('./request-rule-fields.tsx')).RequestRuleFields,
  <LoadingState lines={4} />,
)

/** So many rows are shown before "Show all". */
const shownAtFirst = 30

/** Rules on requests: what is refused, asked about, waved through or redacted by what it says. */
export function RulesSection({ hosts }: { hosts: readonly string[] }) {
  const { rules, keys, open, said, act, add, box } = useRuleList<RequestRule>('rules')
  const [isWhole, setWhole] = useState(false)
  const origins = useRuleOrigins(rules)
  const fault = useFault('rules.root')
  const isCut =
    !isWhole &&
    rules.length > shownAtFirst &&
    !keys.slice(shownAtFirst).some((key) => open.has(key))
  const shown = isCut ? rules.slice(0, shownAtFirst) : rules
  return (
    <Card
      title="Rules on requests"
      description="Of what is allowed above, by what a request says. Any rule that denies wins; then, from the top, the first that fits decides."
    >
      <div ref={box} className="grid gap-3">
        {rules.length > 0 && (
          <ol className="grid gap-2" aria-label="Rules on requests">
            {shown.map((rule, index) => (
              <RuleRow
                key={keys[index]}
                rowKey={keys[index] ?? 0}
                number={index + 1}
                isLast={index === rules.length - 1}
                isOpen={open.has(keys[index] ?? 0)}
                onAct={act}
                effect={wordsOf(rule.then)}
                label={rule.label}
                summary={requestSummary(rule)}
                origin={origins[index]}
              >
                {() => (
                  <RuleFields name={`rules.${index}`} origin={origins[index]}>
                    <RequestRuleFields name={`rules.${index}`} origins={hosts} />
                  </RuleFields>
                )}
              </RuleRow>
            ))}
          </ol>
        )}
        {isCut && (
          <div>
            <Button size="sm" onClick={() => setWhole(true)}>
              Show all {rules.length} rules
            </Button>
          </div>
        )}
        {fault !== undefined && <p className="text-[0.87rem] font-medium text-bad">{fault}</p>}
        <AddBar said={said}>
          {effectWords.map(({ value, label }) => (
            <Button key={value} size="sm" data-add="" onClick={() => add(newRule(value, rules))}>
              <Plus aria-hidden="true" /> {label}
            </Button>
          ))}
        </AddBar>
      </div>
    </Card>
  )
}

interface AddBarProps {
  readonly said: string
  readonly children: ReactNode
}

/** The buttons that add a rule, and what was just done to the list, for those who do not see it. */
function AddBar({ said, children }: AddBarProps) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span className="text-[0.93rem] text-ink-soft">Add a rule:</span>
      {children}
      <span role="status" className="sr-only">
        {said}
      </span>
    </div>
  )
}
