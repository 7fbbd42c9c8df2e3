import type { PolicyDocument } from '@sallyport/contracts'
import { useState } from 'react'
import { useFormContext, useWatch } from 'react-hook-form'
import { client } from '../../../api.ts'
import { Card } from '../../../components/card.tsx'
import { ProblemNotice } from '../../../components/notice.tsx'
import { isSame, tidy } from '../policy-draft.ts'
import { focusFault } from '../use-saving.ts'
import { ChangeFilter } from './change-filter.tsx'
import { type Change, type Simulated, simulationSentence } from './change-words.ts'
import { RunBar } from './run-bar.tsx'
import { SimulatedEntries } from './simulated-entries.tsx'
import { longCallTimeoutMs, useLongCall } from './use-long-call.ts'

/** Whose history: that of a stored policy, or of the pair that a new one is for. */
export type Whose =
  | { readonly policyId: string }
  | { readonly agentId: string; readonly connectionId: string }

interface Question {
  readonly whose: Whose
  readonly draft: PolicyDocument
  readonly days: number
  readonly change: Change | undefined
  /** The pages that are there already, when the next one is asked for. */
  readonly before?: Simulated | undefined
}

async function simulate(
  { whose, draft, days, change, before }: Question,
  signal: AbortSignal,
): Promise<Simulated> {
  const cursor = before?.nextCursor
  const page = await client.call(
    'simulatePolicy',
    { ...whose, draft, days, ...(change !== undefined && { change }), ...(cursor && { cursor }) },
    { signal, timeoutMs: longCallTimeoutMs },
  )
  return { ...page, entries: [...(before?.entries ?? []), ...page.entries] }
}

/** Runs the draft over the attempts of the last days: what it would have decided otherwise. */
export function SimulateCard({ whose }: { whose: Whose }) {
  const { control, getValues, trigger } = useFormContext<PolicyDocument>()
  const current = useWatch({ control }) as PolicyDocument
  const [days, setDays] = useState(7)
  const { run, cancel, isRunning, error, last } = useLongCall<Question, Simulated>(simulate)
  const ask = async () => {
    if (await trigger()) run({ whose, draft: tidy(getValues()), days, change: undefined })
    else focusFault()
  }
  const isOld = last !== undefined && !isSame(last.input.draft, current)
  return (
    <Card
      title="What would it have decided?"
      description="Runs this draft over what the agent has tried. Nothing is sent and nothing is saved."
    >
      <div className="grid gap-4">
        <RunBar
          days={days}
          onChange={setDays}
          label="Run over history"
          isRunning={isRunning}
          onRun={() => void ask()}
          onCancel={cancel}
        />
        {error !== undefined && <ProblemNotice error={error} />}
        {last !== undefined && (
          <div className="grid gap-3" aria-busy={isRunning}>
            <div role="status" className="grid gap-1">
              <p className="font-medium">{simulationSentence(last.output)}</p>
              {last.output.truncated && (
                <p className="text-[0.93rem] text-ink-soft">
                  There were more; only the newest were looked at.
                </p>
              )}
              {isOld && (
                <p className="text-[0.93rem] text-ink-soft">
                  Changed since: this is about the draft as it was.
                </p>
              )}
            </div>
            <ChangeFilter
              simulated={last.output}
              chosen={last.input.change}
              isBusy={isRunning}
              onChoose={(change) => run({ ...last.input, change, before: undefined })}
            />
            <SimulatedEntries
              simulated={last.output}
              draft={last.input.draft}
              isBusy={isRunning}
              onMore={() => run({ ...last.input, before: last.output })}
            />
          </div>
        )}
      </div>
    </Card>
  )
}
