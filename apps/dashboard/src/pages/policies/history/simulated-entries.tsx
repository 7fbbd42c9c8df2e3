import { type PolicyDocument, simulatedShownMax } from '@sallyport/contracts'
import { ArrowRight } from 'lucide-react'
import { useState } from 'react'
import { Badge, StatusBadge } from '../../../components/badge.tsx'
import { Button, TextLink } from '../../../components/button.tsx'
import { Time } from '../../../components/time.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { nameOfRule } from '../name-of-rule.ts'
import { type Change, changeWords, counted, type Simulated } from './change-words.ts'

const shownAtFirst = 25
const charsShown = 200
const reasonCharsShown = 400

interface SimulatedEntriesProps {
  readonly simulated: Simulated
  readonly draft: PolicyDocument
  readonly isBusy: boolean
  /** Asks for the next page. */
  readonly onMore: () => void
}

/** The attempts that would be decided otherwise, newest first, each with the way to its audit entry. */
export function SimulatedEntries({ simulated, draft, isBusy, onMore }: SimulatedEntriesProps) {
  const { entries, nextCursor } = simulated
  const [shownCount, setShownCount] = useState(shownAtFirst)
  if (entries.length === 0) return null
  return (
    <div className="grid gap-3">
      <ul aria-label="Attempts" className="divide-y divide-line border-y border-line">
        {entries.slice(0, shownCount).map((entry) => (
          <EntryRow key={entry.auditId} entry={entry} draft={draft} />
        ))}
      </ul>
      {entries.length > shownCount && (
        <div>
          <Button size="sm" onClick={() => setShownCount(entries.length)}>
            Show {counted(entries.length - shownCount)} more
          </Button>
        </div>
      )}
      {entries.length <= shownCount && nextCursor !== undefined && (
        <div>
          <Button
            size="sm"
            disabled={isBusy}
            onClick={() => {
              setShownCount(entries.length + simulatedShownMax)
              onMore()
            }}
          >
            Load more
          </Button>
        </div>
      )}
    </div>
  )
}

const wordsOfChange = (change: Change) => changeWords.find((words) => words.change === change)

interface EntryRowProps {
  readonly entry: Simulated['entries'][number]
  readonly draft: PolicyDocument
}

function EntryRow({ entry, draft }: EntryRowProps) {
  const { auditId, at, method, host, path, was, wouldBe, change, reason, ruleId } = entry
  const words = wordsOfChange(change)
  return (
    <li className="grid gap-1 py-2.5">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <StatusBadge status={was} />
        <ArrowRight aria-label="would be" role="img" className="size-3.5 text-ink-soft" />
        <StatusBadge status={wouldBe} />
        {words !== undefined && change !== 'same' && <Badge tone={words.tone}>{words.label}</Badge>}
        <TextLink to="/audit" search={{ entry: auditId }} className="ml-auto text-[0.87rem]">
          <Time at={at} />
        </TextLink>
      </div>
      <UntrustedText inline mono limit={charsShown} text={`${method} ${host}${path}`} />
      <p className="text-[0.87rem] text-ink-soft [overflow-wrap:anywhere]">
        <UntrustedText inline limit={reasonCharsShown} text={reason} />
        {ruleId !== undefined && ` By ${nameOfRule(ruleId, draft)}.`}
      </p>
    </li>
  )
}
