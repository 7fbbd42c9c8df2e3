import { describePolicy, type PolicyDocument } from '@sallyport/contracts'

/** What a policy says, in plain words: a sentence a line. */
export function PolicySummary({ policy }: { policy: PolicyDocument }) {
  return (
    <ul className="grid gap-1.5">
      {describePolicy(policy, Date.now()).map((sentence, index) => (
        // Two entries may say the same: the place is all that tells them apart.
        <li key={index} className="[overflow-wrap:anywhere]">
          {sentence}
        </li>
      ))}
    </ul>
  )
}

/** The same in one piece, for a row of a list that cuts it where there is no room. */
export const PolicySentence = ({ policy }: { policy: PolicyDocument }) =>
  describePolicy(policy, Date.now()).join(' ')
