import { useId } from 'react'
import { classes } from '../../components/classes.ts'

interface TogglesProps<Value extends string> {
  readonly legend: string
  readonly options: readonly {
    readonly value: Value
    readonly label: string
    readonly name?: string
  }[]
  readonly chosen: readonly Value[]
  readonly onChange: (chosen: readonly Value[]) => void
  readonly error?: string | undefined
}

/** Several of a few, side by side: methods, days. Each is a checkbox to whoever does not see them. */
export function Toggles<Value extends string>(props: TogglesProps<Value>) {
  const { legend, options, chosen, onChange, error } = props
  const id = useId()
  const toggle = (value: Value) => {
    const next = new Set(chosen)
    if (!next.delete(value)) next.add(value)
    onChange(options.filter((option) => next.has(option.value)).map((option) => option.value))
  }
  return (
    <fieldset aria-describedby={error === undefined ? undefined : id}>
      <legend className="mb-1.5 text-[0.93rem] font-medium">{legend}</legend>
      <div className="flex flex-wrap gap-1.5">
        {options.map(({ value, label, name }) => (
          <label
            key={value}
            className={classes(
              'flex min-h-9 cursor-pointer items-center rounded-md border border-line-strong/60 bg-surface px-2.5 text-[0.87rem] font-medium text-ink-soft select-none hover:bg-sunken',
              'has-checked:border-accent has-checked:bg-accent-soft has-checked:text-accent has-disabled:cursor-not-allowed has-disabled:opacity-60',
              'has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent',
            )}
          >
            <input
              type="checkbox"
              className="sr-only"
              checked={chosen.includes(value)}
              onChange={() => toggle(value)}
              {...(name !== undefined && { 'aria-label': name })}
            />
            {label}
          </label>
        ))}
      </div>
      {error !== undefined && (
        <p id={id} className="mt-1.5 text-[0.87rem] font-medium text-bad">
          {error}
        </p>
      )}
    </fieldset>
  )
}
