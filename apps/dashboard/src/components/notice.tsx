import { toProblemBody } from '@sallyport/contracts'
import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { asProblem } from '../api.ts'
import { classes } from './classes.ts'

export type Tone = 'neutral' | 'good' | 'warn' | 'bad'

const tones = {
  neutral: { look: 'bg-sunken text-ink', Icon: Info },
  good: { look: 'bg-good-soft text-good', Icon: CircleCheck },
  warn: { look: 'bg-warn-soft text-warn', Icon: TriangleAlert },
  bad: { look: 'bg-bad-soft text-bad', Icon: CircleAlert },
} as const

interface NoticeProps {
  readonly tone?: Tone
  readonly title?: string
  readonly children?: ReactNode
  /** A button or link that does something about it. */
  readonly action?: ReactNode
  /** Read out at once. For what appears because of what the person just did. */
  readonly alert?: boolean
}

/** A sentence or two that must be seen, in its place on the page. */
export function Notice({ tone = 'neutral', title, children, action, alert = false }: NoticeProps) {
  const { look, Icon } = tones[tone]
  return (
    <div
      role={alert ? 'alert' : undefined}
      className={classes('flex gap-2.5 rounded-md px-3.5 py-3 text-[0.93rem]', look)}
    >
      <Icon aria-hidden="true" className="mt-0.5 size-4.5 shrink-0" />
      <div className="min-w-0 flex-1">
        {title !== undefined && <p className="font-semibold">{title}</p>}
        {children}
      </div>
      {action !== undefined && <div className="shrink-0">{action}</div>}
    </div>
  )
}

/** What happened and what to do next, of any failure. */
export function ProblemNotice({ error, action }: { error: unknown; action?: ReactNode }) {
  const problem = asProblem(error)
  return (
    <Notice tone="bad" alert title={problem.detail} action={action}>
      <p>{problem.next ?? toProblemBody(problem).next}</p>
    </Notice>
  )
}
