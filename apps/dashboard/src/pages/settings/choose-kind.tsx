import type { ComponentProps } from 'react'
import { LinkButton } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'

/** Kinds of something that can be added, each with a sentence and a way to its form. */
export function ChooseKind<Kind extends string>({
  kinds,
  wordsOf,
  to,
  ...card
}: {
  kinds: readonly Kind[]
  wordsOf: Readonly<Record<Kind, { readonly name: string; readonly sentence: string }>>
  to: '/settings/notifications' | '/settings/audit-streams'
} & Pick<ComponentProps<typeof Card>, 'title' | 'description'>) {
  return (
    <Card {...card} flush>
      <ul className="divide-y divide-line">
        {kinds.map((kind) => {
          const { name, sentence } = wordsOf[kind]
          return (
            <li
              key={kind}
              className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-5 py-3.5"
            >
              <div className="min-w-0 flex-1 basis-60">
                <h3 className="font-medium">{name}</h3>
                <p className="text-[0.93rem] text-ink-soft">{sentence}</p>
              </div>
              <LinkButton size="sm" to={to} search={{ add: kind }} aria-label={`Add ${name}`}>
                Add
              </LinkButton>
            </li>
          )
        })}
      </ul>
    </Card>
  )
}
