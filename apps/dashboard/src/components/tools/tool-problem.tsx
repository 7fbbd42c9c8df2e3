import { type Problem, toProblemBody } from '@sallyport/contracts'
import { Notice } from '../notice.tsx'
import { UntrustedText } from '../untrusted-text.tsx'

const fieldsShown = 20

/** Why a document or a call of a tool is refused, and where in it: the sentences may hold words of documents and upstreams. */
export function ToolProblem({ problem }: { problem: Problem }) {
  const { detail, fields = [] } = problem
  return (
    <Notice
      tone="bad"
      alert
      {...(problem.type === 'document-refused' && { title: 'The document cannot be imported.' })}
    >
      <UntrustedText text={detail} />
      {fields
        .filter(({ message }) => !detail.includes(message))
        .slice(0, fieldsShown)
        .map(({ field, message }) => (
          <p key={field}>
            <UntrustedText inline mono text={field} limit={200} />
            {': '}
            <UntrustedText inline text={message} limit={400} />
          </p>
        ))}
      <div className="mt-1">
        <UntrustedText text={problem.next ?? toProblemBody(problem).next} />
      </div>
    </Notice>
  )
}
