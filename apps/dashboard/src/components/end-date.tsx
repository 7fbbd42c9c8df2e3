import { Button } from './button.tsx'
import { Field } from './field.tsx'
import { Input } from './input.tsx'

const dayMs = 86_400_000
const presets = [
  ['No end', undefined],
  ['1 day', 1],
  ['7 days', 7],
  ['30 days', 30],
] as const

interface EndDateProps {
  /** Milliseconds since the epoch. */
  readonly value: number | undefined
  readonly onChange: (endsAtMs: number | undefined) => void
}

/** When a grant ends by itself. */
export function EndDate({ value, onChange }: EndDateProps) {
  return (
    <div className="grid gap-2">
      <Field label="Ends" hint="In your own time. Afterwards the agent may no longer do this.">
        {(aria) => (
          <Input
            {...aria}
            type="datetime-local"
            className="max-w-64"
            value={value === undefined ? '' : toLocal(value)}
            onChange={({ target }) => onChange(fromLocal(target.value))}
          />
        )}
      </Field>
      <div className="flex flex-wrap gap-1.5">
        {presets.map(([label, days]) => (
          <Button
            key={label}
            size="sm"
            onClick={() => onChange(days === undefined ? undefined : Date.now() + days * dayMs)}
          >
            {label}
          </Button>
        ))}
      </div>
    </div>
  )
}

/** As `datetime-local` writes it: local time to the minute. */
function toLocal(atMs: number): string {
  const local = new Date(atMs - new Date(atMs).getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}

function fromLocal(text: string): number | undefined {
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? undefined : atMs
}
