import type { FormPair as Pair } from '@sallyport/contracts'
import { useState } from 'react'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { Changed } from './changed.tsx'
import { type Marks, markPairs } from './marks.ts'

const shownAtFirst = 12

interface PairsProps {
  /** What they are, for those who do not see it. */
  readonly label: string
  readonly pairs: readonly Pair[]
  readonly marks: Marks
  /** How marks name them: `query.`, `header.`, `body.`. */
  readonly part: 'query' | 'header' | 'body'
}

/** Names and values that an agent chose. */
export function Pairs({ label, pairs, marks, part }: PairsProps) {
  const [all, setAll] = useState(false)
  const marked = markPairs(pairs, part, marks)
  const shown = all ? marked : marked.slice(0, shownAtFirst)
  return (
    <div className="grid gap-1.5">
      <table aria-label={label} className="w-full table-fixed border-collapse text-[0.93rem]">
        <tbody>
          {shown.map(({ pair: { name, value }, isMarked }, index) => (
            <tr
              key={index}
              className={classes(
                'border-t border-line align-top max-sm:grid',
                isMarked && 'bg-warn-soft',
              )}
            >
              <th
                scope="row"
                className="w-1/3 px-2 py-1.5 text-left font-normal text-ink-soft max-sm:w-full max-sm:pb-0"
              >
                <UntrustedText text={name} inline mono limit={300} />
              </th>
              <td className="px-2 py-1.5 max-sm:pt-0">
                <UntrustedText text={value} mono limit={300} />
                {isMarked && <Changed />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {pairs.length > shown.length && (
        <div>
          <Button size="sm" onClick={() => setAll(true)}>
            Show all {pairs.length}
          </Button>
        </div>
      )}
    </div>
  )
}
