import { useId } from 'react'
import { Badge } from '../../../components/badge.tsx'
import { Checkbox } from '../../../components/input.tsx'
import { oneLine } from '../../../components/tools/one-line.ts'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { typeOf } from '../database-words.ts'
import type { PreviewedStatement } from './chosen-sources.ts'

const tones = { taken: 'good', changed: 'warn', refused: 'bad' } as const
const words = { taken: 'Taken', changed: 'Changed', refused: 'Refused' } as const
const statementCharsShown = 400

interface StatementRowProps {
  readonly statement: PreviewedStatement
  readonly isTaken?: boolean
  /** Absent where it cannot be taken. */
  readonly onTake?: (take: boolean) => void
}

/** One statement of the document: its SQL, its parameters, and what had to be changed or why it is refused. */
export function StatementRow({ statement, isTaken = false, onTake }: StatementRowProps) {
  const { key, name, description, outcome, reason, parameters, writes } = statement
  const id = useId()
  const isRefused = outcome === 'refused'
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 px-5 py-3">
      <Checkbox
        className="mt-1"
        aria-labelledby={id}
        disabled={isRefused || onTake === undefined}
        checked={isTaken && !isRefused}
        onCheckedChange={(take) => onTake?.(take)}
      />
      <div className="grid min-w-0 gap-1.5">
        <div className="flex flex-wrap items-baseline gap-x-2 gap-y-1">
          <span id={id} className="font-medium">
            <UntrustedText inline mono text={name ?? key} limit={100} />
          </span>
          <Badge tone={tones[outcome]}>{words[outcome]}</Badge>
          {!isRefused && (
            <Badge tone={writes ? 'warn' : 'neutral'}>{writes ? 'Writes' : 'Reads'}</Badge>
          )}
        </div>
        <div className="text-[0.93rem] text-ink-soft">
          <UntrustedText inline text={oneLine(reason ?? description)} limit={300} />
        </div>
        {statement.statement !== undefined && (
          <div className="rounded-md bg-sunken px-3 py-2 text-[0.93rem]">
            <UntrustedText mono text={statement.statement} limit={statementCharsShown} />
          </div>
        )}
        {parameters.length > 0 && (
          <ul className="flex flex-wrap gap-x-4 text-[0.87rem] text-ink-soft">
            {parameters.map((parameter, index) => (
              <li key={index}>
                {index + 1}. <UntrustedText inline mono text={parameter.name} limit={80} />{' '}
                {parameter.agent === undefined
                  ? typeOf(parameter)
                  : `the agent’s ${parameter.agent}, filled in by the vault`}
              </li>
            ))}
          </ul>
        )}
      </div>
    </li>
  )
}
