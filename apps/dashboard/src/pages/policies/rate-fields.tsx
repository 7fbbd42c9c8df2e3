import { NumberField } from '../../components/form-fields.tsx'

const rates = [
  ['perMinute', 'A minute'],
  ['perHour', 'An hour'],
  ['perDay', 'A day'],
] as const

interface RateFieldsProps {
  /** Where they stand in the draft: `allow.2.limits`. */
  readonly name: string
  readonly legend: string
}

/** How often, by minute, hour and day. */
export function RateFields({ name, legend }: RateFieldsProps) {
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1.5 text-[0.93rem] font-medium">{legend}</legend>
      <div className="grid grid-cols-3 gap-3">
        {rates.map(([member, label]) => (
          <NumberField
            key={member}
            name={`${name}.${member}`}
            label={label}
            type="number"
            min={1}
          />
        ))}
      </div>
    </fieldset>
  )
}
