import { describePolicy, type PolicyDocument } from '@sallyport/contracts'
import { useState } from 'react'
import { Button } from './button.tsx'

interface PolicySummaryProps {
  readonly policy: PolicyDocument
  /** So many sentences are shown before "Show all"; all of them unless given. */
  readonly atFirst?: number
}

/** What a policy says, in plain words: a sentence a line. */
export function PolicySummary({ policy, atFirst }: PolicySummaryProps) {
  const [isWhole, setWhole] = useState(false)
  const sentences = describePolicy(policy, Date.now())
  // Two more are no reason for a button.
  const isCut = !isWhole && atFirst !== undefined && sentences.length > atFirst + 2
  return (
    <div className="grid gap-2">
      <ul className="grid gap-1.5">
        {(isCut ? sentences.slice(0, atFirst) : sentences).map((sentence, index) => (
          // Two entries may say the same: the place is all that tells them apart.
          <li key={index} className="[overflow-wrap:anywhere]">
            {sentence}
          </li>
        ))}
      </ul>
      {isCut && (
        <div>
          <Button size="sm" onClick={() => setWhole(true)}>
            Show all {sentences.length} sentences
          </Button>
        </div>
      )}
    </div>
  )
}

/** The same in one piece, for a row of a list that cuts it where there is no room. */
export const PolicySentence = ({ policy }: { policy: PolicyDocument }) =>
  describePolicy(policy, Date.now()).join(' ')
