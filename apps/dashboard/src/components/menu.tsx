import { DropdownMenu } from 'radix-ui'
import type { ReactNode } from 'react'
import { classes } from './classes.ts'

interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactNode
  readonly children: ReactNode
  readonly align?: 'start' | 'end'
}

/** What can be done, behind a button. Children are MenuItems. */
export function Menu({ trigger, children, align = 'end' }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 min-w-48 rounded-lg border border-line bg-surface p-1 shadow-lift"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

const item = (danger: boolean) =>
  classes(
    'flex min-h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 text-[0.93rem] outline-none select-none [&_svg]:size-4',
    'data-highlighted:bg-sunken data-disabled:opacity-55 data-disabled:cursor-not-allowed',
    danger && 'text-bad',
  )

interface MenuItemProps {
  readonly onSelect: () => void
  readonly danger?: boolean
  readonly disabled?: boolean
  readonly children: ReactNode
}

export function MenuItem({ onSelect, danger = false, disabled = false, children }: MenuItemProps) {
  return (
    <DropdownMenu.Item className={item(danger)} disabled={disabled} onSelect={() => onSelect()}>
      {children}
    </DropdownMenu.Item>
  )
}

/** A line between items that have nothing to do with each other. */
export function MenuSeparator() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />
}

interface MenuChoiceProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: readonly { readonly value: Value; readonly label: string }[]
  readonly onChange: (value: Value) => void
}

/** One of several, within a menu. */
export function MenuChoice<Value extends string>(props: MenuChoiceProps<Value>) {
  const choose = (next: string) => {
    const option = props.options.find(({ value }) => value === next)
    if (option !== undefined) props.onChange(option.value)
  }
  return (
    <DropdownMenu.RadioGroup value={props.value} onValueChange={choose}>
      <DropdownMenu.Label className="px-2.5 pt-2 pb-1 text-[0.8rem] text-ink-soft">
        {props.label}
      </DropdownMenu.Label>
      {props.options.map(({ value, label }) => (
        <DropdownMenu.RadioItem key={value} value={value} className={item(false)}>
          <span className="grid size-4 place-items-center">
            <DropdownMenu.ItemIndicator className="size-2 rounded-full bg-accent" />
          </span>
          {label}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  )
}
