import type { ComponentProps, ReactNode } from 'react'
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
  const error = get(formState.errors, name) as FieldError | undefined
  const message = error?.message ?? error?.root?.message
  if (message === undefined || message === '') return error === undefined ? undefined : 'Not valid.'
  const text = /^(must|may|has|is|says)\b/.test(message) ? `It ${message}` : message
  return /[.!?]$/.test(text) ? text : `${text}.`
}

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

/** A whole number; empty means none. */
export function NumberField(props: Common & Rest<'input'>) {
  const { name, label, hint, optional, conditional, transform, ...rest } = props
  const { register } = useFormContext()
  const setValueAs = (value: unknown) =>
    value === '' || value === undefined ? undefined : Number(value)
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

/** One text a line; the value is a list of them. */
export function LinesField(props: Common & Rest<'textarea'>) {
  const { name, label, hint, optional, conditional = false, transform, ...rest } = props
  const { field } = useController({ name, shouldUnregister: conditional })
  const lines = Array.isArray(field.value) ? field.value.join('\n') : ''
  const change = (text: string) => field.onChange(text.split('\n').map((line) => line.trim()))
  const leave = () => {
    field.onChange(lines.split('\n').filter((line) => line !== ''))
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
          value={lines}
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
