import type { PolicyDocument } from '@sallyport/contracts'
import { useController, useFormContext, useWatch } from 'react-hook-form'
import { Card } from '../../components/card.tsx'
import { CheckboxField, NumberField } from '../../components/form-fields.tsx'
import { RadioCards } from '../../components/radio-cards.tsx'
import { approvalWords } from './approval-words.ts'

/** When and how owners are asked. */
export function ApprovalSection() {
  const { control } = useFormContext<PolicyDocument>()
  const { field } = useController({ control, name: 'approval' })
  const allow = useWatch({ control, name: 'allow' })
  const own = allow.filter(({ approval }) => approval !== undefined).length
  return (
    <Card title="When owners are asked">
      <div className="grid gap-5">
        <RadioCards
          legend="Before a request is sent"
          value={field.value}
          options={approvalWords}
          onChange={field.onChange}
        />
        {own > 0 && (
          <p className="text-[0.93rem] text-ink-soft">
            {own === allow.length ? 'Every entry says' : `${own} of ${allow.length} entries say`}{' '}
            for itself when owners are asked; this is for the others.
          </p>
        )}
        <div className="grid gap-4">
          <NumberField
            name="approvalOptions.expiresInMinutes"
            label="Minutes to answer, and to use the answer"
            hint="30 unless you say otherwise; at most 1440 (a day)."
            optional
            type="number"
            min={1}
            max={1440}
            className="max-w-40"
          />
          <CheckboxField
            name="approvalOptions.freshSignIn"
            label="Approving needs a fresh sign-in"
            hint="A passkey or password of the last 5 minutes."
          />
          <CheckboxField
            name="approvalOptions.secondOwner"
            label="Two people have to approve"
            hint="The second must be somebody else."
          />
        </div>
      </div>
    </Card>
  )
}
