import type { PolicyDocument } from '@sallyport/contracts'
import { useState } from 'react'
import { useFormContext, useWatch } from 'react-hook-form'
import { client } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { Notice, ProblemNotice } from '../../../components/notice.tsx'
import { useToast } from '../../../components/toast.tsx'
import { usePutDraft } from '../use-put-draft.ts'
import { counted } from './change-words.ts'
import { RunBar } from './run-bar.tsx'
import { longCallTimeoutMs, useLongCall } from './use-long-call.ts'
import {
  isWhollyUnused,
  placeInDraft,
  type Suggested,
  type Unused,
  withoutUnused,
} from './without-unused.ts'

interface Question {
  readonly policyId: string
  readonly days: number
}

const suggest = (question: Question, signal: AbortSignal) =>
  client.call('suggestPolicy', question, { signal, timeoutMs: longCallTimeoutMs })

/** What of the stored policy was not used, and an allowlist that would have sufficed. */
export function SuggestionsCard({ policyId, mayWrite }: { policyId: string; mayWrite: boolean }) {
  const [days, setDays] = useState(30)
  const { run, cancel, isRunning, error, last } = useLongCall<Question, Suggested>(suggest)
  const output = last?.output
  return (
    <Card
      title="What is used of it?"
      description="Looks through what the agent did with the policy as it is stored, and says what it could do without."
    >
      <div className="grid gap-4">
        <RunBar
          days={days}
          onChange={setDays}
          label="Look for what is not used"
          isRunning={isRunning}
          onRun={() => run({ policyId, days })}
          onCancel={cancel}
        />
        {error !== undefined && <ProblemNotice error={error} />}
        {output !== undefined && (
          <div className="grid gap-4" role="status">
            <p className="text-[0.93rem] text-ink-soft">
              {output.looked === 0
                ? 'There were no attempts in this time, so there is nothing to go by.'
                : `${counted(output.looked)} ${output.looked === 1 ? 'attempt was' : 'attempts were'} looked at.`}
              {output.truncated && ' There were more; only the newest count.'}
            </p>
            {output.looked > 0 && output.unused.length === 0 && (
              <Notice tone="good">
                <p>Every part of what is allowed was used.</p>
              </Notice>
            )}
            {output.looked > 0 && output.unused.length > 0 && (
              <UnusedList unused={output.unused} mayWrite={mayWrite} />
            )}
            {output.narrower !== undefined && (
              <Narrower narrower={output.narrower} mayWrite={mayWrite} />
            )}
          </div>
        )}
      </div>
    </Card>
  )
}

interface UnusedListProps {
  readonly unused: readonly Unused[]
  readonly mayWrite: boolean
}

function UnusedList({ unused, mayWrite }: UnusedListProps) {
  const { control } = useFormContext<PolicyDocument>()
  const draft = useWatch({ control }) as PolicyDocument
  const put = usePutDraft()
  const toast = useToast()
  return (
    <div>
      <h3 className="mb-2 text-[0.93rem] font-semibold">Not used in this time</h3>
      <ul className="divide-y divide-line border-y border-line">
        {unused.map((one) => {
          const isThere = placeInDraft(draft, one) !== undefined
          return (
            <li key={one.at} className="flex flex-wrap items-center justify-between gap-3 py-2.5">
              <div className="min-w-0 flex-1 basis-60 text-[0.93rem] [overflow-wrap:anywhere]">
                <UnusedWords unused={one} />
              </div>
              {mayWrite && (
                <Button
                  size="sm"
                  disabled={!isThere}
                  onClick={() => {
                    put((now) => withoutUnused(now, one))
                    toast('Removed from the draft; not saved yet')
                  }}
                >
                  {isThere ? 'Remove' : 'Changed in the draft'}
                  <span className="sr-only"> what is not used of entry {one.at + 1}</span>
                </Button>
              )}
            </li>
          )
        })}
      </ul>
    </div>
  )
}

function UnusedWords({ unused }: { unused: Unused }) {
  const { at, entry, unusedMethods, unusedPaths } = unused
  if (isWhollyUnused(unused)) {
    return (
      <>
        Nothing of entry {at + 1}: <Mono>{entry.methods.join(' ')}</Mono>{' '}
        <Mono>{`${entry.origin}${entry.paths[0] ?? ''}`}</Mono>
        {entry.paths.length > 1 && ` and ${entry.paths.length - 1} more paths`}
      </>
    )
  }
  return (
    <>
      Of entry {at + 1}:{' '}
      {[...unusedMethods, ...unusedPaths].map((part, index) => (
        <span key={part}>
          {index > 0 && ', '}
          <Mono>{part}</Mono>
        </span>
      ))}
    </>
  )
}

const Mono = ({ children }: { children: string }) => (
  <code className="text-[0.87em]">{children}</code>
)

interface NarrowerProps {
  readonly narrower: NonNullable<Suggested['narrower']>
  readonly mayWrite: boolean
}

function Narrower({ narrower, mayWrite }: NarrowerProps) {
  const put = usePutDraft()
  const toast = useToast()
  return (
    <div className="grid gap-2">
      <h3 className="text-[0.93rem] font-semibold">This would have sufficed</h3>
      <ul className="grid gap-1.5 rounded-md border border-line bg-sunken px-3 py-2 text-[0.87rem]">
        {narrower.allow.map(({ origin, methods, paths }, index) => (
          <li key={index} className="[overflow-wrap:anywhere]">
            <span className="font-medium">{methods.join(' ')}</span> {origin}
            <ul className="pl-4 font-mono">
              {paths.map((path) => (
                <li key={path}>{path}</li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
      <p className="text-[0.87rem] text-ink-soft">
        What the agent has not done yet would be refused, even where it is harmless. Everything else
        of the draft stays.
      </p>
      {mayWrite && (
        <div>
          <Button
            size="sm"
            onClick={() => {
              put((now) => ({ ...now, allow: narrower.allow }))
              toast('Taken into the draft; not saved yet')
            }}
          >
            Use this in the draft
          </Button>
        </div>
      )}
    </div>
  )
}
