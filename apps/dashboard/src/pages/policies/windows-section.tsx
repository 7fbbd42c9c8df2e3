import { type PolicyDocument, weekdays } from '@sallyport/contracts'
import { Plus, Trash2 } from 'lucide-react'
import { useId } from 'react'
import { useController, useFieldArray, useFormContext, useWatch } from 'react-hook-form'
import { Button, IconButton } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { TextField } from '../../components/form-fields.tsx'
import { useFault } from './draft-fields.tsx'
import { ownTimeZone } from './local-time.ts'
import { Toggles } from './toggles.tsx'
import { dayNames, midnightSentence, type Weekday } from './window-words.ts'

const dayOptions = weekdays.map((value) => ({
  value,
  label: dayNames[value].slice(0, 3),
  name: dayNames[value],
}))
const workDays: Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri']

/** When requests are allowed at all. */
export function WindowsSection() {
  const { control } = useFormContext<PolicyDocument>()
  const { fields, append, remove } = useFieldArray({ control, name: 'windows' })
  const zones = useId()
  const add = () =>
    append({ days: [...workDays], from: '09:00', to: '17:00', timezone: ownTimeZone() })
  return (
    <Card
      title="Times"
      description={
        fields.length === 0
          ? 'At any time. Add a time window to allow requests only within it.'
          : 'Only within these time windows; outside all of them requests are refused.'
      }
    >
      <div className="grid gap-4">
        <datalist id={zones}>
          {Intl.supportedValuesOf('timeZone').map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
        {fields.map(({ id }, index) => (
          <WindowCard key={id} index={index} zones={zones} onRemove={() => remove(index)} />
        ))}
        <div>
          <Button size="sm" onClick={add}>
            <Plus aria-hidden="true" /> Add a time window
          </Button>
        </div>
      </div>
    </Card>
  )
}

interface WindowCardProps {
  readonly index: number
  /** The list of time zones that is offered. */
  readonly zones: string
  readonly onRemove: () => void
}

function WindowCard({ index, zones, onRemove }: WindowCardProps) {
  const { control } = useFormContext<PolicyDocument>()
  const window = useWatch({ control, name: `windows.${index}` })
  const { field } = useController({ control, name: `windows.${index}.days` })
  const name = `windows.${index}`
  const midnight = midnightSentence(window)
  return (
    <fieldset className="relative grid gap-4 rounded-md border border-line p-4">
      <legend className="sr-only">Time window {index + 1}</legend>
      <div className="absolute top-2 right-2">
        <IconButton label={`Remove time window ${index + 1}`} onClick={onRemove}>
          <Trash2 aria-hidden="true" />
        </IconButton>
      </div>
      <div className="pr-10">
        <Toggles
          legend="Days"
          options={dayOptions}
          chosen={field.value}
          onChange={(chosen) => field.onChange([...chosen])}
          error={useFault(`${name}.days`)}
        />
      </div>
      <div className="grid grid-cols-2 gap-4 sm:grid-cols-[8rem_8rem_1fr]">
        <TextField name={`${name}.from`} label="From" type="time" />
        <TextField name={`${name}.to`} label="To" type="time" />
        <div className="max-sm:col-span-2">
          <TextField
            name={`${name}.timezone`}
            label="Time zone"
            list={zones}
            autoComplete="off"
            spellCheck={false}
          />
        </div>
      </div>
      {midnight !== undefined && <p className="text-[0.93rem] text-ink-soft">{midnight}</p>}
    </fieldset>
  )
}
