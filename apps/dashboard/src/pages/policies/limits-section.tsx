import {
  type HttpMethod,
  httpMethods,
  type Limits,
  type PolicyDocument,
} from '@sallyport/contracts'
import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useFormContext, useWatch } from 'react-hook-form'
import { IconButton } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { Field } from '../../components/field.tsx'
import { CheckboxField, NumberField } from '../../components/form-fields.tsx'
import { Select } from '../../components/input.tsx'
import { DateTimeField, SizeField } from './draft-fields.tsx'
import { RateFields } from './rate-fields.tsx'

const rates = [
  ['perMinute', 'A minute'],
  ['perHour', 'An hour'],
  ['perDay', 'A day'],
] as const
const mebibyte = 1024 * 1024

/** How much is allowed, and until when. */
export function LimitsSection() {
  return (
    <Card
      title="Limits"
      description="Empty means no limit of this kind. Counted for all of the agent’s requests through this connection together."
    >
      <div className="grid gap-6">
        <fieldset>
          <legend className="mb-1.5 text-[0.93rem] font-medium">Requests, at most</legend>
          <div className="grid grid-cols-2 gap-4 sm:grid-cols-4">
            {rates.map(([name, label]) => (
              <NumberField key={name} name={`limits.${name}`} label={label} type="number" min={1} />
            ))}
            <NumberField name="limits.concurrent" label="At once" type="number" min={1} />
          </div>
        </fieldset>
        <MethodLimits />
        <fieldset>
          <legend className="mb-1.5 text-[0.93rem] font-medium">Size</legend>
          <div className="grid gap-4 sm:grid-cols-2">
            <SizeField name="limits.requestBytesMax" label="Largest request, in KiB" />
            <SizeField name="limits.responseBytesMax" label="Largest answer, in KiB" />
            <SizeField
              name="limits.requestBytesPerDay"
              label="All requests of a day, in MiB"
              unit={mebibyte}
            />
            <SizeField
              name="limits.responseBytesPerDay"
              label="All answers of a day, in MiB"
              unit={mebibyte}
            />
          </div>
        </fieldset>
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

/** Limits of single methods, beside those of all. */
function MethodLimits() {
  const { control, setValue } = useFormContext<PolicyDocument>()
  const perMethod = useWatch({ control, name: 'limits.perMethod' })
  const [added, setAdded] = useState<readonly HttpMethod[]>([])
  const isLimited = (method: HttpMethod) =>
    Object.values(perMethod?.[method] ?? {}).some((limit) => limit !== undefined)
  const shown = httpMethods.filter((method) => added.includes(method) || isLimited(method))
  const others = httpMethods.filter((method) => !shown.includes(method))
  const remove = (method: HttpMethod) => {
    setAdded(added.filter((one) => one !== method))
    const { [method]: _, ...left } = perMethod ?? {}
    setValue('limits.perMethod', left as Limits['perMethod'], { shouldDirty: true })
  }
  return (
    <div className="grid gap-3">
      {shown.map((method) => (
        <div key={method} className="relative rounded-md border border-line p-3 pr-11">
          <RateFields name={`limits.perMethod.${method}`} legend={`${method}, at most`} />
          <div className="absolute top-1 right-1">
            <IconButton size="sm" label={`No limit for ${method}`} onClick={() => remove(method)}>
              <Trash2 aria-hidden="true" />
            </IconButton>
          </div>
        </div>
      ))}
      {others.length > 0 && (
        <Field label="Limit one method">
          {(aria) => (
            <Select
              {...aria}
              className="max-w-56"
              value=""
              onChange={({ target }) => {
                const method = httpMethods.find((one) => one === target.value)
                if (method !== undefined) setAdded([...added, method])
              }}
            >
              <option value="">Choose a method</option>
              {others.map((method) => (
                <option key={method}>{method}</option>
              ))}
            </Select>
          )}
        </Field>
      )}
    </div>
  )
}
