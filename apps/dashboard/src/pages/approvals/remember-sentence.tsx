import type { Approval, Rememberable } from '@sallyport/contracts'
import { Notice } from '../../components/notice.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { type RememberDraft, usesOf } from './remember-draft.ts'

const namedMax = 6
const charsShown = 80
const minuteMs = 60_000

interface RememberSentenceProps {
  readonly approval: Approval
  readonly rememberable: Rememberable
  readonly draft: RememberDraft
}

/** What will go through without asking, in words, before it is said yes to. */
export function RememberSentence({ approval, rememberable, draft }: RememberSentenceProps) {
  const uses = usesOf(draft)
  if (uses === undefined) return null
  const held = rememberable.fields.filter(({ name }) => draft.fields.has(name))
  const free = rememberable.fields.filter(({ name }) => !draft.fields.has(name))
  const isLoose = draft.scope === 'fields' && held.length === 0
  return (
    <Notice tone={isLoose ? 'warn' : 'neutral'}>
      <div className="grid gap-1.5 text-ink [overflow-wrap:anywhere]" aria-live="polite">
        <p>
          <UntrustedText inline limit={charsShown} text={approval.agent.name} /> may{' '}
          {draft.scope === 'exact' ? 'send this very request' : 'send requests like this'}{' '}
          {uses === 1 ? 'once' : `${uses.toLocaleString('en')} times`} more without asking, until{' '}
          <span className="whitespace-nowrap">{endOf(draft.minutes)}</span>
          {draft.scope === 'fields' && held.length > 0 && (
            <>
              , as long as <Names fields={held} withValues />
            </>
          )}
          .
        </p>
        {isLoose && <p className="font-medium">Whatever its parts say: nothing is held fast.</p>}
        {draft.scope === 'fields' && held.length > 0 && free.length > 0 && (
          <p>
            What else it says may differ: <Names fields={free} withValues={false} />.
          </p>
        )}
        <p className="text-[0.87rem] text-ink-soft">
          What the policy denies stays denied, and its limits count. You can revoke this on the
          policy’s page.
        </p>
      </div>
    </Notice>
  )
}

interface NamesProps {
  readonly fields: Rememberable['fields']
  readonly withValues: boolean
}

function Names({ fields, withValues }: NamesProps) {
  const more = fields.length - namedMax
  return (
    <>
      {fields.slice(0, namedMax).map(({ name, value }, index) => (
        <span key={name}>
          {index > 0 && ', '}
          <UntrustedText inline mono limit={charsShown} text={name} />
          {withValues && (
            <>
              {' is “'}
              <UntrustedText inline limit={charsShown} text={value} />”
            </>
          )}
        </span>
      ))}
      {more > 0 && ` and ${more} more`}
    </>
  )
}

const clock = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' })

const endOf = (minutes: number) => clock.format(Date.now() + minutes * minuteMs)
