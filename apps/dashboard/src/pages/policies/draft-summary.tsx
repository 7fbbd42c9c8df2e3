import { AllowEntry, PolicyDocument, RequestRule, ResponseRule } from '@sallyport/contracts'
import { useFormContext, useWatch } from 'react-hook-form'
import { Card } from '../../components/card.tsx'
import { PolicySummary } from '../../components/policy-summary.tsx'
import { tidy } from './policy-draft.ts'

/** What the draft would mean, as it is written: parts that are not complete yet are left out and named. */
export function DraftSummary({ who }: { who: string }) {
  const { control } = useFormContext<PolicyDocument>()
  const draft = tidy(useWatch({ control }) as PolicyDocument)
  const allow = complete(draft.allow, AllowEntry)
  const rules = complete(draft.rules ?? [], RequestRule)
  const response = complete(draft.response ?? [], ResponseRule)
  const described = PolicyDocument.safeParse({
    ...draft,
    allow: allow.whole,
    rules: rules.whole,
    response: response.whole,
  })
  const incomplete = [
    ['Entry', 'Entries', allow.partial],
    ['Rule', 'Rules', rules.partial],
    ['Rule on answers', 'Rules on answers', response.partial],
  ] as const
  return (
    <Card
      title="In plain words"
      description={<span className="[overflow-wrap:anywhere]">{who}</span>}
    >
      <section
        aria-live="polite"
        aria-label="What the draft says"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
        tabIndex={0}
        className="-mx-2 grid max-h-[45dvh] min-h-12 gap-2 overflow-y-auto px-2 text-[0.93rem]"
      >
        {described.success ? (
          <PolicySummary policy={described.data} />
        ) : (
          <p className="text-ink-soft">Something is not filled in yet.</p>
        )}
        {incomplete.map(
          ([one, several, numbers]) =>
            numbers.length > 0 && (
              <p key={one} className="text-warn">
                {numbers.length === 1 ? one : several} {numbers.join(', ')} not complete yet.
              </p>
            ),
        )}
      </section>
    </Card>
  )
}

interface Checks {
  safeParse(part: unknown): { readonly success: boolean }
}

/** Those that are complete, and the numbers of the others, counted from one. */
function complete<Part>(parts: readonly Part[], schema: Checks) {
  const checked = parts.map((part, index) => ({
    part,
    number: index + 1,
    isWhole: schema.safeParse(part).success,
  }))
  return {
    whole: checked.filter(({ isWhole }) => isWhole).map(({ part }) => part),
    partial: checked.filter(({ isWhole }) => !isWhole).map(({ number }) => number),
  }
}
