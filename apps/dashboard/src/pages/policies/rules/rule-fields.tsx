import type { ReactNode } from 'react'
import type { RuleOrigin } from '../guards/rule-origin.ts'
import { RuleOriginNote } from '../guards/rule-origin-note.tsx'

interface RuleFieldsProps {
  /** The rule's place in the draft: `rules.3`. */
  readonly name: string
  readonly origin: RuleOrigin | undefined
  readonly children: ReactNode
}

/** The fields of an open rule, below where it comes from. */
export function RuleFields({ name, origin, children }: RuleFieldsProps) {
  return (
    <div className="grid gap-5">
      {origin !== undefined && <RuleOriginNote name={name} origin={origin} />}
      {children}
    </div>
  )
}
