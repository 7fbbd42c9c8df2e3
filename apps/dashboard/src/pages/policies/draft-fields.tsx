import { type ReactNode, useState } from 'react'
import { get, useController, useFormContext } from 'react-hook-form'
import { Field } from '../../components/field.tsx'
import { Input, Textarea } from '../../components/input.tsx'
import { fromLocal, ownTimeZone, toLocal } from './local-time.ts'
import { pathFaults, readPaths } from './path-faults.ts'

// Fields of the editor whose value is not what is typed: bound by name, like those of components/form-fields.

interface DraftFieldProps {
  readonly name: string
  readonly label: string
  readonly hint?: ReactNode
}

const kibibyte = 1024

/** What is wrong with a field, or with the first of its parts that is wrong, as a sentence. */
export function useFault(name: string): string | undefined {
  const { formState } = useFormContext()
  const message = firstMessage(get(formState.errors, name))
  if (message === undefined) return undefined
  const text = /^(must|may|has|is)\b/.test(message) ? `It ${message}` : message
  return /[.!?]$/.test(text) ? text : `${text}.`
}

function firstMessage(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if ('message' in error && typeof error.message === 'string' && error.message !== '') {
    return error.message
  }
  const parts = Array.isArray(error) ? error : 'root' in error ? [error.root] : []
  return parts.map(firstMessage).find((message) => message !== undefined)
}

/** Path patterns, one a line, checked as they are typed. */
export function PathsField({ name, label, hint }: DraftFieldProps) {
  const { field } = useController({ name })
  const paths: readonly string[] = Array.isArray(field.value) ? field.value : []
  // The text keeps its blank lines while somebody types; the value has none.
  const [text, setText] = useState(paths.join('\n'))
  const isCurrent = readPaths(text).join('\n') === paths.join('\n')
  const shown = isCurrent ? text : paths.join('\n')
  const fault = useFault(name)
  const [lineFault] = pathFaults(paths)
  const change = (next: string) => {
    setText(next)
    field.onChange(readPaths(next))
  }
  return (
    <Field label={label} hint={hint} error={lineFault ?? fault}>
      {(aria) => (
        <Textarea
          {...aria}
          ref={field.ref}
          name={name}
          value={shown}
          rows={Math.min(10, Math.max(2, shown.split('\n').length))}
          spellCheck={false}
          autoCapitalize="none"
          className="font-mono text-[0.93rem]"
          onChange={({ target }) => change(target.value)}
          onBlur={() => {
            setText(readPaths(text).join('\n'))
            field.onBlur()
          }}
        />
      )}
    </Field>
  )
}

/** A point in time by the clock of whoever sets it; empty means none. */
export function DateTimeField({ name, label, hint }: DraftFieldProps) {
  const { field } = useController({ name })
  const value = typeof field.value === 'string' ? field.value : undefined
  return (
    <Field
      label={label}
      optional
      hint={hint ?? `By your clock (${ownTimeZone()}). Empty: it does not end.`}
      error={useFault(name)}
    >
      {(aria) => (
        <Input
          {...aria}
          type="datetime-local"
          ref={field.ref}
          name={name}
          value={toLocal(value)}
          onChange={({ target }) => field.onChange(fromLocal(target.value))}
          onBlur={field.onBlur}
          className="max-w-64"
        />
      )}
    </Field>
  )
}

/** A size, typed in KiB (or another unit, in bytes) and kept in bytes; empty means none. */
export function SizeField(props: DraftFieldProps & { readonly unit?: number }) {
  const { name, label, hint, unit = kibibyte } = props
  const { field } = useController({ name })
  const bytes = typeof field.value === 'number' ? field.value : undefined
  const read = (text: string) =>
    text === '' ? undefined : Math.round(Number(text.replace(',', '.')) * unit)
  return (
    <Field label={label} hint={hint} optional error={useFault(name)}>
      {(aria) => (
        <Input
          {...aria}
          type="number"
          min={0}
          step="any"
          ref={field.ref}
          name={name}
          defaultValue={bytes === undefined ? '' : bytes / unit}
          onChange={({ target }) => field.onChange(read(target.value))}
          onBlur={field.onBlur}
        />
      )}
    </Field>
  )
}
