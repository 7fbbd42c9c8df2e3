import { type ComponentProps, type FormEvent, type ReactNode, useState } from 'react'
import { asProblem } from '../api.ts'
import { Button } from './button.tsx'
import { Field } from './field.tsx'
import { Input, PasswordInput } from './input.tsx'
import { ProblemNotice } from './notice.tsx'

// For pages that people see before anything else is loaded: react-hook-form and zod weigh half as much as all the rest, and
// the vault checks what is sent in any case. Every other page takes Form.

interface LightFormProps {
  readonly submitLabel: string
  /** Gets what was typed, by the fields' names; without those that are empty. What it throws is shown. */
  readonly onSubmit: (values: Readonly<Record<string, string>>) => Promise<unknown>
  /** The fields; gets what the vault says of each, by name. */
  readonly children: (errors: Readonly<Record<string, string>>) => ReactNode
}

export function LightForm({ submitLabel, onSubmit, children }: LightFormProps) {
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = [...new FormData(event.currentTarget)]
    const values = given.flatMap(([name, value]) =>
      typeof value === 'string' && value !== '' ? [[name, value] as const] : [],
    )
    setBusy(true)
    setError(undefined)
    try {
      await onSubmit(Object.fromEntries(values))
    } catch (thrown) {
      setError(thrown)
    } finally {
      setBusy(false)
    }
  }
  const fields = error === undefined ? [] : (asProblem(error).fields ?? [])
  const errors = Object.fromEntries(fields.map(({ field, message }) => [field, `It ${message}.`]))
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="grid gap-5">
      {error !== undefined && fields.length === 0 && <ProblemNotice error={error} />}
      {children(errors)}
      <Button type="submit" variant="primary" busy={busy}>
        {submitLabel}
      </Button>
    </form>
  )
}

interface LightFieldProps extends Omit<ComponentProps<'input'>, 'type'> {
  readonly name: string
  readonly label: string
  readonly hint?: string
  readonly error?: string | undefined
  readonly type?: 'text' | 'email' | 'password'
}

export function LightField({ label, hint, error, type = 'text', ...rest }: LightFieldProps) {
  return (
    <Field label={label} hint={hint} error={error} optional={rest.required !== true}>
      {(aria) =>
        type === 'password' ? (
          <PasswordInput {...rest} {...aria} />
        ) : (
          <Input {...rest} {...aria} type={type} />
        )
      }
    </Field>
  )
}

/** How a new password is asked for everywhere. */
export const newPasswordField = {
  name: 'password',
  label: 'Password',
  type: 'password',
  autoComplete: 'new-password',
  required: true,
  minLength: 12,
  maxLength: 256,
  hint: 'At least 12 characters. A few words that you can remember are good.',
} as const
