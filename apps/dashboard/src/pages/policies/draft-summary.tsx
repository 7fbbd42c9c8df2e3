import { AllowEntry, PolicyDocument } from '@sallyport/contracts'
import { useFormContext, useWatch } from 'react-hook-form'
import { Card } from '../../components/card.tsx'
import { PolicySummary } from '../../components/policy-summary.tsx'

/** What the draft would mean, as it is written: entries that are not complete yet are left out and named. */
export function DraftSummary({ who }: { who: string }) {
  const { control } = useFormContext<PolicyDocument>()
  const draft = useWatch({ control }) as PolicyDocument
  const entries = draft.allow.map((entry, index) => ({
    number: index + 1,
    entry,
    isComplete: AllowEntry.safeParse(entry).success,
  }))
  const incomplete = entries.filter(({ isComplete }) => !isComplete)
  const allow = entries.filter(({ isComplete }) => isComplete).map(({ entry }) => entry)
  const described = PolicyDocument.safeParse({ ...draft, allow })
  return (
    <Card
      title="In plain words"
      description={<span className="[overflow-wrap:anywhere]">{who}</span>}
    >
      <div aria-live="polite" className="grid gap-2 text-[0.93rem]">
        {described.success ? (
          <PolicySummary policy={described.data} />
        ) : (
          <p className="text-ink-soft">Something is not filled in yet.</p>
        )}
        {incomplete.length > 0 && (
          <p className="text-warn">
            {incomplete.length === 1 ? 'Entry' : 'Entries'}{' '}
            {incomplete.map(({ number }) => number).join(', ')} not complete yet.
          </p>
        )}
      </div>
    </Card>
  )
}
