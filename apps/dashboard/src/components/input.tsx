import { Eye, EyeOff } from 'lucide-react'
import { type ComponentProps, useState } from 'react'
import { classes } from './classes.ts'

const field = classes(
  'w-full min-h-10 rounded-md border border-line-strong bg-surface px-3 py-2 text-ink',
  'placeholder:text-ink-soft/80 disabled:opacity-60 disabled:bg-sunken',
  'aria-invalid:border-bad focus-visible:outline-offset-0',
)

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input {...rest} className={classes(field, className)} />
}

export function Textarea({ className, rows = 3, ...rest }: ComponentProps<'textarea'>) {
  return <textarea {...rest} rows={rows} className={classes(field, 'block', className)} />
}

/** The browser's own list: best on a phone and with a keyboard. Options are its children. */
export function Select({ className, ...rest }: ComponentProps<'select'>) {
  return <select {...rest} className={classes(field, 'pr-8', className)} />
}

/** A password, or a secret with `autoComplete="off"`; can be shown. */
export function PasswordInput(props: Omit<ComponentProps<'input'>, 'type'>) {
  const [shown, setShown] = useState(false)
  return (
    <div className="relative">
      <Input
        spellCheck={false}
        autoCapitalize="none"
        {...props}
        type={shown ? 'text' : 'password'}
        className="pr-11"
      />
      <button
        type="button"
        aria-label="Show what is typed"
        aria-pressed={shown}
        onClick={() => setShown(!shown)}
        className="absolute inset-y-0 right-0 grid w-10 place-items-center rounded-md text-ink-soft hover:text-ink"
      >
        {shown ? (
          <EyeOff aria-hidden="true" className="size-4" />
        ) : (
          <Eye aria-hidden="true" className="size-4" />
        )}
      </button>
    </div>
  )
}

interface ToggleProps extends Omit<ComponentProps<'input'>, 'type' | 'onChange' | 'checked'> {
  readonly checked: boolean
  readonly onCheckedChange: (checked: boolean) => void
}

export function Checkbox({ onCheckedChange, className, ...rest }: ToggleProps) {
  return (
    <input
      {...rest}
      type="checkbox"
      onChange={({ target }) => onCheckedChange(target.checked)}
      className={classes('size-4.5 shrink-0 accent-accent disabled:opacity-55', className)}
    />
  )
}

/** On or off, at once; where there is a form to send, take a Checkbox. */
export function Switch({ onCheckedChange, className, ...rest }: ToggleProps) {
  return (
    <input
      {...rest}
      type="checkbox"
      role="switch"
      aria-checked={rest.checked}
      onChange={({ target }) => onCheckedChange(target.checked)}
      className={classes(
        'h-6 w-10.5 shrink-0 appearance-none rounded-full border border-line-strong bg-line-strong p-0.5 transition-colors',
        'before:block before:size-4.5 before:rounded-full before:bg-surface before:transition-transform',
        'checked:border-accent checked:bg-accent checked:before:translate-x-4.5 disabled:opacity-55',
        className,
      )}
    />
  )
}
