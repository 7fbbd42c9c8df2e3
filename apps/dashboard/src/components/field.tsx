import { type ReactNode, useId } from 'react'

/** What ties a control to its label, hint and error. Spread it on the control. */
export interface FieldAria {
  readonly id: string
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': true | undefined
}

interface FieldProps {
  readonly label: ReactNode
  /** What to write, or why it is asked for. */
  readonly hint?: ReactNode
  /** What is wrong with what was written. */
  readonly error?: string | undefined
  readonly optional?: boolean
  readonly children: (aria: FieldAria) => ReactNode
}

/** A label above a control, its hint and its error below. */
export function Field({ label, hint, error, optional = false, children }: FieldProps) {
  const id = useId()
  const described = [
    ...(hint === undefined ? [] : [`${id}-hint`]),
    ...(error === undefined ? [] : [`${id}-error`]),
  ]
  return (
    <div className="grid min-w-0 gap-1.5">
      <label htmlFor={id} className="text-[0.93rem] font-medium">
        {label}
        {optional && <span className="font-normal text-ink-soft"> (optional)</span>}
      </label>
      {children({
        id,
        'aria-describedby': described.length === 0 ? undefined : described.join(' '),
        'aria-invalid': error === undefined ? undefined : true,
      })}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="text-[0.87rem] text-ink-soft">
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p id={`${id}-error`} className="text-[0.87rem] font-medium text-bad">
          {error}
        </p>
      )}
    </div>
  )
}
