import { type ReactNode, useState } from 'react'
import { Field } from '../../../components/field.tsx'
import { Checkbox, Input, Textarea } from '../../../components/input.tsx'
import { useFault } from '../draft-fields.tsx'
import { usePart } from '../use-part.ts'

// Fields of rules, each bound to a part of the draft by name. What is empty says nothing.

interface PartProps {
  readonly name: string
  readonly label: ReactNode
  readonly hint?: ReactNode
  readonly optional?: boolean
  readonly mono?: boolean
  readonly placeholder?: string
}

const monoLook = 'font-mono text-[0.93rem]'

/** Text of one line. */
export function TextPart({ name, label, hint, optional = false, mono, placeholder }: PartProps) {
  const [value, change] = usePart<string | undefined>(name)
  return (
    <Field label={label} hint={hint} optional={optional} error={useFault(name)}>
      {(aria) => (
        <Input
          {...aria}
          name={name}
          value={value ?? ''}
          placeholder={placeholder}
          autoComplete="off"
          {...(mono === true && { spellCheck: false, autoCapitalize: 'none', className: monoLook })}
          onChange={({ target }) =>
            change(optional && target.value === '' ? undefined : target.value)
          }
        />
      )}
    </Field>
  )
}

/** A list, one a line. `read` makes a value of a line. */
export function LinesPart(props: PartProps & { readonly read?: (line: string) => unknown }) {
  const { name, label, hint, optional = true, placeholder, read = (line) => line } = props
  const [value, change] = usePart<readonly unknown[] | undefined>(name)
  // As it is typed: the list knows of no blank lines.
  const [text, setText] = useState('')
  const tidy = (value ?? []).join('\n')
  const linesOf = (typed: string) =>
    typed
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
  const shown = linesOf(text).join('\n') === tidy ? text : tidy
  return (
    <Field label={label} hint={hint} optional={optional} error={useFault(name)}>
      {(aria) => (
        <Textarea
          {...aria}
          name={name}
          value={shown}
          rows={Math.min(8, Math.max(2, shown.split('\n').length))}
          placeholder={placeholder}
          spellCheck={false}
          autoCapitalize="none"
          className={monoLook}
          onChange={({ target }) => {
            setText(target.value)
            const lines = linesOf(target.value).map(read)
            change(lines.length === 0 ? undefined : lines)
          }}
          onBlur={() => setText(tidy)}
        />
      )}
    </Field>
  )
}

/** A number; empty means none. */
export function NumberPart({ name, label, hint, optional = false }: PartProps) {
  const [value, change] = usePart<number | undefined>(name)
  const [text, setText] = useState('')
  const asRead = (typed: string) => (typed.trim() === '' ? undefined : Number(typed))
  const shown = asRead(text) === value ? text : String(value ?? '')
  return (
    <Field label={label} hint={hint} optional={optional} error={useFault(name)}>
      {(aria) => (
        <Input
          {...aria}
          type="number"
          step="any"
          inputMode="decimal"
          name={name}
          value={shown}
          onChange={({ target }) => {
            setText(target.value)
            change(asRead(target.value))
          }}
        />
      )}
    </Field>
  )
}

/** Yes or no; no says nothing. */
export function CheckPart({ name, label }: Pick<PartProps, 'name' | 'label'>) {
  const [value, change] = usePart<boolean | undefined>(name)
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: Checkbox is an input
    <label className="flex min-h-8 items-center gap-2.5 text-[0.93rem]">
      <Checkbox
        name={name}
        checked={value === true}
        onCheckedChange={(checked) => change(checked ? true : undefined)}
      />
      {label}
    </label>
  )
}
