import { type ComponentProps, type ReactNode, useState } from 'react'
import { type FieldError, get, useController, useFormContext } from 'react-hook-form'
import { Field } from './field.tsx'
import { Checkbox, Input, PasswordInput, Select, Textarea } from './input.tsx'

// The controls of a Form, each bound to a field of its schema by name (`limits.perHour` reaches inside).

interface Common {
  readonly name: string
  readonly label: ReactNode
  readonly hint?: ReactNode
  readonly optional?: boolean
  /** The field comes and goes with what else is chosen: when it goes, its value goes with it. */
  readonly conditional?: boolean
  /** What becomes of what was typed, before it is checked. */
  readonly transform?: (value: unknown) => unknown
}

/** What is wrong with a field, as a sentence: the schemas say "must …". */
function useFieldError(name: string): string | undefined {
  const { formState } = useFormContext()
  const error = get(formState.errors, name) as FieldError | readonly FieldError[] | undefined
  return error === undefined ? undefined : sentenceOf(error)
}

function sentenceOf(error: FieldError | readonly FieldError[]): string {
  if (isList(error)) {
    const at = error.findIndex(Boolean)
    const first = error[at]
    return first === undefined ? 'Not valid.' : `Line ${at + 1}: ${sentenceOf(first)}`
  }
  const message = error.message ?? error.root?.message
  if (message === undefined || message === '') return 'Not valid.'
  const text = /^(must|may|has|is|says)\b/.test(message) ? `It ${message}` : message
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** What is wrong with the members of a list; those without fault are missing from it. */
const isList = (error: FieldError | readonly FieldError[]): error is readonly FieldError[] =>
  Array.isArray(error)

/** Empty means that nothing was given, which the contracts write by leaving it out. */
const rules = ({ optional = false, conditional = false, transform }: Partial<Common>) => ({
  shouldUnregister: conditional,
  setValueAs: (value: unknown) => {
    if (optional && value === '') return undefined
    return transform === undefined ? value : transform(value)
  },
})

type Rest<Tag extends 'input' | 'textarea' | 'select'> = Omit<ComponentProps<Tag>, 'name' | 'id'>

export function TextField(props: Common & Rest<'input'>) {
  const { name, label, hint, optional, conditional, transform, ...rest } = props
  const { register } = useFormContext()
  return (
    <Field label={label} hint={hint} optional={optional === true} error={useFieldError(name)}>
      {(aria) => <Input {...rest} {...aria} {...register(name, rules(props))} />}
    </Field>
  )
}

/** A number; empty means none. */
export function NumberField(props: Common & Rest<'input'>) {
  const { name, label, hint, optional, conditional, transform, ...rest } = props
  const { register } = useFormContext()
  const setValueAs = (value: unknown) =>
    String(value ?? '').trim() === '' ? undefined : Number(value)
  return (
    <Field label={label} hint={hint} optional={optional === true} error={useFieldError(name)}>
      {(aria) => (
        <Input
          inputMode="numeric"
          {...rest}
          {...aria}
          {...register(name, { ...rules(props), setValueAs })}
        />
      )}
    </Field>
  )
}

/** A password or another secret. */
export function SecretField(props: Common & Rest<'input'>) {
  const { name, label, hint, optional, conditional, transform, ...rest } = props
  const { register } = useFormContext()
  return (
    <Field label={label} hint={hint} optional={optional === true} error={useFieldError(name)}>
      {(aria) => <PasswordInput {...rest} {...aria} {...register(name, rules(props))} />}
    </Field>
  )
}

/** Text of several lines. */
export function TextareaField(props: Common & Rest<'textarea'>) {
  const { name, label, hint, optional, conditional, transform, ...rest } = props
  const { register } = useFormContext()
  return (
    <Field label={label} hint={hint} optional={optional === true} error={useFieldError(name)}>
      {(aria) => <Textarea {...rest} {...aria} {...register(name, rules(props))} />}
    </Field>
  )
}

const atLineEnds = /\n/
const atAnySpace = /\s+/

/** One text a line; the value is a list of them. With `words` spaces part them too, as providers write scopes. */
export function LinesField(props: Common & Rest<'textarea'> & { readonly words?: boolean }) {
  const { name, label, hint, optional, conditional = false, transform, words, ...rest } = props
  const { field } = useController({ name, shouldUnregister: conditional })
  // As it is typed: a list does not know of the space before the next word.
  const [text, setText] = useState('')
  const listOf = (typed: string) =>
    typed
      .split(words === true ? atAnySpace : atLineEnds)
      .map((line) => line.trim())
      .filter((line) => line !== '')
  const lines: readonly string[] = Array.isArray(field.value) ? field.value : []
  const tidy = lines.join('\n')
  const change = (typed: string) => {
    setText(typed)
    field.onChange(listOf(typed))
  }
  const leave = () => {
    setText(tidy)
    field.onBlur()
  }
  return (
    <Field label={label} hint={hint} optional={optional === true} error={useFieldError(name)}>
      {(aria) => (
        <Textarea
          {...rest}
          {...aria}
          ref={field.ref}
          name={name}
          value={listOf(text).join('\n') === tidy ? text : tidy}
          onChange={({ target }) => change(target.value)}
          onBlur={leave}
        />
      )}
    </Field>
  )
}

interface Option {
  readonly value: string
  readonly label: string
}

export function SelectField(props: Common & Rest<'select'> & { options: readonly Option[] }) {
  const { name, label, hint, optional, conditional, transform, options, ...rest } = props
  const { register } = useFormContext()
  return (
    <Field label={label} hint={hint} optional={optional === true} error={useFieldError(name)}>
      {(aria) => (
        <Select {...rest} {...aria} {...register(name, rules(props))}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </Select>
      )}
    </Field>
  )
}

/** Yes or no. */
export function CheckboxField({ name, label, hint }: Common) {
  const { field } = useController({ name })
  const id = `field-${name}`
  return (
    <div className="flex gap-2.5">
      <Checkbox
        id={id}
        ref={field.ref}
        checked={field.value === true}
        onCheckedChange={field.onChange}
        onBlur={field.onBlur}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
      />
      <div>
        <label htmlFor={id}>{label}</label>
        {hint !== undefined && (
          <p id={`${id}-hint`} className="text-[0.87rem] text-ink-soft">
            {hint}
          </p>
        )}
      </div>
    </div>
  )
}
