import { Button } from '../../../components/button.tsx'
import { Field } from '../../../components/field.tsx'
import { Select } from '../../../components/input.tsx'

const choices = [1, 7, 30, 90] as const

interface DaysFieldProps {
  readonly days: number
  readonly onChange: (days: number) => void
}

/** How far back history is looked through. */
function DaysField({ days, onChange }: DaysFieldProps) {
  return (
    <Field label="History of the last">
      {(aria) => (
        <Select
          {...aria}
          className="w-36!"
          value={days}
          onChange={({ target }) => onChange(Number(target.value))}
        >
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice === 1 ? '24 hours' : `${choice} days`}
            </option>
          ))}
        </Select>
      )}
    </Field>
  )
}

/** The button that looks, and while it looks the way to give up. */
export function RunBar(
  props: DaysFieldProps & {
    readonly label: string
    readonly isRunning: boolean
    readonly onRun: () => void
    readonly onCancel: () => void
  },
) {
  const { days, onChange, label, isRunning, onRun, onCancel } = props
  return (
    <div className="flex flex-wrap items-end gap-2">
      <DaysField days={days} onChange={onChange} />
      <Button busy={isRunning} onClick={onRun}>
        {label}
      </Button>
      {isRunning && (
        <Button variant="quiet" onClick={onCancel}>
          Stop
        </Button>
      )}
      <span role="status" className="self-center text-[0.87rem] text-ink-soft">
        {isRunning && 'Looking through the history. It stops when you leave the page.'}
      </span>
    </div>
  )
}
