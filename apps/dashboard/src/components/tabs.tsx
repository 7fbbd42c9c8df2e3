import { Tabs as RadixTabs } from 'radix-ui'
import type { ReactNode } from 'react'

interface Tab {
  readonly id: string
  readonly label: ReactNode
  readonly content: ReactNode
}

interface TabsProps {
  readonly tabs: readonly Tab[]
  readonly label: string
  /** Which one is shown, where the page keeps that in its address. */
  readonly shown?: string
  readonly onShow?: (id: string) => void
}

/** Several views of one thing in one place. Between pages take links instead. */
export function Tabs({ tabs, label, shown, onShow }: TabsProps) {
  const first = tabs[0]?.id ?? ''
  const value = tabs.find(({ id }) => id === shown)?.id ?? first
  return (
    <RadixTabs.Root
      {...(onShow === undefined ? { defaultValue: first } : { value, onValueChange: onShow })}
    >
      <RadixTabs.List
        aria-label={label}
        className="mb-3 flex gap-1 overflow-x-auto border-b border-line"
      >
        {tabs.map(({ id, label: name }) => (
          <RadixTabs.Trigger
            key={id}
            value={id}
            className="-mb-px min-h-9 border-b-2 border-transparent px-2.5 text-[0.93rem] text-ink-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink"
          >
            {name}
          </RadixTabs.Trigger>
        ))}
      </RadixTabs.List>
      {tabs.map(({ id, content }) => (
        <RadixTabs.Content key={id} value={id}>
          {content}
        </RadixTabs.Content>
      ))}
    </RadixTabs.Root>
  )
}
