import type { PolicyDocument } from '@sallyport/contracts'
import { useController, useFormContext, useWatch } from 'react-hook-form'
import { Card } from '../../components/card.tsx'
import { CheckboxField, NumberField } from '../../components/form-fields.tsx'
import { RadioCards } from '../../components/radio-cards.tsx'
import { approvalWords } from './approval-words.ts'
import { DateTimeField, SizeField } from './draft-fields.tsx'

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

const rates = [
  ['perMinute', 'A minute'],
  ['perHour', 'An hour'],
  ['perDay', 'A day'],
] as const

/** How much is allowed, and until when. */
export function LimitsSection() {
  return (
    <Card title="Limits" description="Empty means no limit of this kind.">
      <div className="grid gap-5">
        <fieldset>
          <legend className="mb-1.5 text-[0.93rem] font-medium">Requests, at most</legend>
          <div className="grid grid-cols-2 gap-4 sm:grid-cols-4">
            {rates.map(([name, label]) => (
              <NumberField key={name} name={`limits.${name}`} label={label} type="number" min={1} />
            ))}
            <NumberField name="limits.concurrent" label="At once" type="number" min={1} />
          </div>
        </fieldset>
        <div className="grid gap-4 sm:grid-cols-2">
          <SizeField name="limits.requestBytesMax" label="Largest request, in KiB" />
          <SizeField name="limits.responseBytesMax" label="Largest answer, in KiB" />
        </div>
        <CheckboxField
          name="limits.strict"
          label="Refuse when it cannot be counted"
          hint="Otherwise each part of the vault counts for itself while the shared counter is away."
        />
        <DateTimeField name="expiresAt" label="The whole policy ends" />
      </div>
    </Card>
  )
}
