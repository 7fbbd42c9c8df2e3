import type { Approval, Rememberable } from '@sallyport/contracts'
import { useRef, useState } from 'react'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Input, Select } from '../../components/input.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import { RadioCards } from '../../components/radio-cards.tsx'
import {
  type RememberDraft,
  rememberOf,
  spans,
  startRemember,
  usesMax,
  usesOf,
} from './remember-draft.ts'
import { RememberFields } from './remember-fields.tsx'
import { RememberSentence } from './remember-sentence.tsx'
import { TargetView } from './request-view.tsx'
import type { Decision } from './use-decision.ts'
import { useSteady } from './use-steady.ts'

interface RememberDialogProps {
  readonly approval: Approval
  readonly rememberable: Rememberable
  readonly decision: Decision
  readonly onClose: () => void
}

const scopes = [
  {
    value: 'fields',
    label: 'Requests like this',
    description: 'The same method, address and path, and the same in the parts you choose.',
  },
  { value: 'exact', label: 'Only this very request again', description: 'Byte for byte.' },
] as const

/** Approves a request and lets the answer count for more like it: how alike, how often, how long. */
export function RememberDialog(props: RememberDialogProps) {
  const { approval, rememberable, decision, onClose } = props
  const [draft, setDraft] = useState(() => startRemember(rememberable))
  const [wasMoved, setWasMoved] = useState(false)
  const ref = useRef<HTMLDivElement>(null)
  const steady = useSteady(ref)
  const change = (part: Partial<RememberDraft>) => setDraft({ ...draft, ...part })
  const remember = rememberOf(draft)
  const approve = async () => {
    setWasMoved(!steady.isSteady())
    if (!steady.isSteady() || remember === undefined) return
    if (await decision.approveAndRemember(remember)) onClose()
  }
  return (
    <Dialog
      title="Approve and remember?"
      description="This request is sent, and more like it go through without asking."
      open
      onClose={onClose}
    >
      <div ref={ref} className="grid gap-5">
        <TargetView
          method={approval.method}
          url={`${approval.origin}${approval.path}`}
          connection={approval.connection.label}
        />
        {rememberable.fields.length > 0 && (
          <RadioCards
            legend="What is remembered"
            value={draft.scope}
            options={scopes}
            onChange={(scope) => change({ scope })}
          />
        )}
        {draft.scope === 'fields' && (
          <RememberFields
            fields={rememberable.fields}
            chosen={draft.fields}
            onChange={(fields) => change({ fields })}
          />
        )}
        <HowOften draft={draft} onChange={change} />
        <RememberSentence approval={approval} rememberable={rememberable} draft={draft} />
        {decision.error !== null && <ProblemNotice error={decision.error} />}
      </div>
      <div className="sticky bottom-0 -mx-5 mt-5 -mb-5 border-t border-line bg-surface px-5 py-3">
        <p role="status" className="text-[0.87rem] text-ink-soft">
          {wasMoved && 'Something moved just then, so the press was not counted. Press again.'}
        </p>
        <div className="mt-1 flex flex-wrap justify-end gap-2">
          <Button className="max-md:min-h-12" onClick={onClose}>
            Cancel
          </Button>
          <Button
            variant="primary"
            className="max-md:min-h-12"
            busy={decision.busy === 'approve'}
            disabled={remember === undefined || decision.approveBlocked !== undefined}
            onClick={() => void approve()}
          >
            Approve and remember
          </Button>
        </div>
      </div>
    </Dialog>
  )
}

interface HowOftenProps {
  readonly draft: RememberDraft
  readonly onChange: (part: Partial<RememberDraft>) => void
}

function HowOften({ draft, onChange }: HowOftenProps) {
  const fault = usesOf(draft) === undefined ? `A number from 1 to ${usesMax}.` : undefined
  return (
    <div className="grid grid-cols-2 items-start gap-4">
      <Field label="How many more" error={fault}>
        {(aria) => (
          <Input
            {...aria}
            type="number"
            min={1}
            max={usesMax}
            inputMode="numeric"
            value={draft.uses}
            onChange={({ target }) => onChange({ uses: target.value })}
          />
        )}
      </Field>
      <Field label="For how long">
        {(aria) => (
          <Select
            {...aria}
            value={draft.minutes}
            onChange={({ target }) => onChange({ minutes: Number(target.value) })}
          >
            {spans.map(({ minutes, label }) => (
              <option key={minutes} value={minutes}>
                {label}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </div>
  )
}
