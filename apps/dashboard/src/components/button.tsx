import { createLink } from '@tanstack/react-router'
import { LoaderCircle } from 'lucide-react'
import type { ComponentProps, ReactNode } from 'react'
import { classes } from './classes.ts'

/** `primary`: what a page is for, once. `secondary`: the rest. `danger`: takes something away. `quiet`: in rows and bars. */
export type ButtonVariant = 'primary' | 'secondary' | 'danger' | 'quiet'
export type ButtonSize = 'sm' | 'md'

const variants: Readonly<Record<ButtonVariant, string>> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong border-transparent',
  secondary: 'bg-surface text-ink border-line-strong/60 hover:bg-sunken',
  danger: 'bg-bad-fill text-on-bad border-transparent hover:opacity-90',
  quiet: 'bg-transparent text-ink border-transparent hover:bg-sunken',
}
const sizes: Readonly<Record<ButtonSize, string>> = {
  sm: 'min-h-8 px-2.5 text-[0.87rem] gap-1.5',
  md: 'min-h-10 px-3.5 gap-2',
}
const look = (variant: ButtonVariant, size: ButtonSize) =>
  classes(
    'inline-flex items-center justify-center rounded-md border font-medium whitespace-nowrap no-underline select-none',
    'transition-colors disabled:opacity-55 disabled:cursor-not-allowed [&_svg]:size-4 [&_svg]:shrink-0',
    variants[variant],
    sizes[size],
  )

interface Look {
  readonly variant?: ButtonVariant
  readonly size?: ButtonSize
}

interface ButtonProps extends ComponentProps<'button'>, Look {
  /** Something is under way: it can be seen, and not pressed again. */
  readonly busy?: boolean
}

export function Button({
  variant = 'secondary',
  size = 'md',
  busy = false,
  type = 'button',
  disabled,
  children,
  className,
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      className={classes(look(variant, size), className)}
    >
      {busy && <LoaderCircle aria-hidden="true" className="animate-spin" />}
      {children}
    </button>
  )
}

interface IconButtonProps extends Omit<ButtonProps, 'children'> {
  /** What it does, for those who do not see the icon, and as its title. */
  readonly label: string
  readonly children: ReactNode
}

/** A button that shows an icon alone. */
export function IconButton({ label, children, variant = 'quiet', ...rest }: IconButtonProps) {
  return (
    <Button
      {...rest}
      variant={variant}
      aria-label={label}
      title={label}
      className={classes('px-0!', rest.size === 'sm' ? 'w-8' : 'w-10')}
    >
      {children}
    </Button>
  )
}

function ButtonAnchor({
  variant = 'secondary',
  size = 'md',
  className,
  ...rest
}: ComponentProps<'a'> & Look) {
  return <a {...rest} className={classes(look(variant, size), className)} />
}

/** A link to another page that looks like a button. Takes what TanStack's Link takes. */
export const LinkButton = createLink(ButtonAnchor)

function PlainAnchor({ className, ...rest }: ComponentProps<'a'>) {
  return (
    <a
      {...rest}
      className={classes(
        'text-accent underline underline-offset-3 decoration-accent/40 hover:decoration-accent',
        className,
      )}
    />
  )
}

/** A link to another page, in running text or a row. Takes what TanStack's Link takes. */
export const TextLink = createLink(PlainAnchor)
