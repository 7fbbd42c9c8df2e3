import type { ToolChange } from '@sallyport/contracts'
import { type ReactNode, useState } from 'react'
import { Badge } from '../badge.tsx'
import { Button, TextLink } from '../button.tsx'
import { UntrustedText } from '../untrusted-text.tsx'

const changesShown = 100
const agentsShown = 12
const wordCharsShown = 80
const valueCharsShown = 400

const words = { added: 'New', removed: 'Gone', changed: 'Changed', same: 'As it was' } as const
const tones = { added: 'good', removed: 'bad', changed: 'warn', same: 'neutral' } as const
const affects = {
  added: 'Would be had by',
  removed: 'Is lost by',
  changed: 'Is had by',
  same: 'Is had by',
} as const

interface ChangeListProps<One extends ToolChange> {
  readonly changes: readonly One[]
  /** In place of a list without any change. */
  readonly none: string
  /** What else there is to be said of a change, below its name. */
  readonly more?: (change: One) => ReactNode
  /** What can be done about one by itself, at its right. */
  readonly action?: (change: One) => ReactNode
}

/** How tools differ, each with what is other in it and with the agents that it concerns. */
export function ChangeList<One extends ToolChange>(props: ChangeListProps<One>) {
  const { changes, none, more, action } = props
  const [isWhole, setWhole] = useState(false)
  const differing = changes.filter(({ change }) => change !== 'same')
  const same = changes.length - differing.length
  const shown = isWhole ? differing : differing.slice(0, changesShown)
  if (differing.length === 0) return <p className="px-5 py-4 text-ink-soft">{none}</p>
  return (
    <>
      <p className="px-5 py-3 text-[0.93rem]">{countsOf(differing, same)}</p>
      <ul className="divide-y divide-line border-t border-line">
        {shown.map((change, index) => (
          // A tool may be gone and another of its name be new.
          <li key={index} className="grid gap-1.5 px-5 py-3">
            <Change change={change} more={more?.(change)} action={action?.(change)} />
          </li>
        ))}
      </ul>
      {shown.length < differing.length && (
        <div className="border-t border-line px-5 py-3">
          <Button size="sm" onClick={() => setWhole(true)}>
            Show all {differing.length.toLocaleString('en')}
          </Button>
        </div>
      )}
    </>
  )
}

/** `2 new, 1 changed, 1 gone; 12 as they were.` */
function countsOf(differing: readonly ToolChange[], same: number): string {
  const count = (change: ToolChange['change']) =>
    differing.filter((one) => one.change === change).length
  const parts = [
    [count('added'), 'new'],
    [count('changed'), 'changed'],
    [count('removed'), 'gone'],
  ] as const
  const said = parts
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number.toLocaleString('en')} ${word}`)
  const rest = same === 0 ? '' : `; ${same.toLocaleString('en')} as before`
  return `${said.join(', ')}${rest}.`
}

interface ChangeProps {
  readonly change: ToolChange
  readonly more: ReactNode
  readonly action: ReactNode
}

function Change({
  change: { name, change, differences, agents, agentCount },
  more,
  action,
}: ChangeProps) {
  return (
    <>
      <div className="flex flex-wrap items-baseline gap-2">
        <Badge tone={tones[change]}>{words[change]}</Badge>
        <span className="min-w-0 flex-1 font-medium">
          <UntrustedText inline mono text={name} limit={wordCharsShown} />
        </span>
        {action}
      </div>
      {more}
      {differences.length > 0 && (
        <dl className="grid gap-2 text-[0.93rem]">
          {differences.map(({ what, before, after }) => (
            <div key={what} className="grid gap-x-4 gap-y-1 sm:grid-cols-[9rem_1fr_1fr]">
              <dt className="text-ink-soft">
                <UntrustedText inline text={what} limit={wordCharsShown} />
              </dt>
              <dd>
                <Value label="before" text={before} tone="bg-bad-soft" />
              </dd>
              <dd>
                <Value label="after" text={after} tone="bg-good-soft" />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {agents.length > 0 && (
        <p className="text-[0.93rem]">
          {affects[change]}{' '}
          {agents.slice(0, agentsShown).map(({ id, name: agent }, index) => (
            <span key={id}>
              {index > 0 && ', '}
              <TextLink to="/agents/$agentId" params={{ agentId: id }}>
                {agent}
              </TextLink>
            </span>
          ))}
          {agentCount > agentsShown && ` and ${agentCount - agentsShown} more`}.
        </p>
      )}
    </>
  )
}

interface ValueProps {
  readonly label: string
  readonly text: string
  readonly tone: string
}

function Value({ label, text, tone }: ValueProps) {
  if (text === '') return <span className="text-[0.87rem] text-ink-soft">nothing {label}</span>
  return (
    <div className={`rounded px-2 py-1 text-[0.87rem] ${tone}`}>
      <span className="sr-only">{label}: </span>
      <UntrustedText mono text={text} limit={valueCharsShown} />
    </div>
  )
}
