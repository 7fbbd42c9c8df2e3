import { type ReactNode, useId } from 'react'

interface RadioOption<Value extends string> {
  readonly value: Value
  readonly label: ReactNode
  readonly description?: ReactNode
}

interface RadioCardsProps<Value extends string> {
  readonly legend: string
  readonly value: Value
  readonly options: readonly RadioOption<Value>[]
  readonly onChange: (value: Value) => void
}

/** One of a few, each with a sentence that says what it means. */
export function RadioCards<Value extends string>(props: RadioCardsProps<Value>) {
  const { legend, value, options, onChange } = props
  const id = useId()
  return (
    <fieldset className="grid min-w-0 gap-2">
      <legend className="mb-1.5 text-[0.93rem] font-medium">{legend}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          className="flex cursor-pointer gap-3 rounded-md border border-line bg-surface px-3.5 py-2.5 hover:border-line-strong has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
        >
          <input
            type="radio"
            name={id}
            className="mt-1 size-4 accent-accent outline-none"
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          <span className="min-w-0">
            <span className="block font-medium">{option.label}</span>
            {option.description !== undefined && (
              <span className="block text-[0.87rem] text-ink-soft">{option.description}</span>
            )}
          </span>
        </label>
      ))}
    </fieldset>
  )
}
