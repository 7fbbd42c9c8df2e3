import type { Approval } from '@sallyport/contracts'
import { TextLink } from '../../components/button.tsx'
import { Notice, type Tone } from '../../components/notice.tsx'
import { Time } from '../../components/time.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { useMay } from '../../session.ts'

const titles: Readonly<Record<Approval['status'], readonly [Tone, string]>> = {
  pending: ['neutral', 'Waiting'],
  approved: ['good', 'Approved. The agent can send it once.'],
  denied: ['bad', 'Denied. It will not be sent.'],
  expired: ['neutral', 'Expired. It will not be sent.'],
  cancelled: ['neutral', 'Withdrawn. It will not be sent.'],
  consumed: ['good', 'Approved and used.'],
}

/** What became of an approval: who answered, when, with what words, and the attempt that used it. */
export function Outcome({ approval }: { approval: Approval }) {
  const { status, approvedBy, deniedBy, decidedAt, note, consumedAt, auditId, expiresAt } = approval
  const [tone, title] = titles[status]
  const mayRead = useMay('audit:read')
  return (
    <Notice tone={tone} title={title}>
      <div className="grid gap-0.5 text-ink">
        {approvedBy.map(({ ownerId, email, at }) => (
          <p key={ownerId}>
            Approved by <Person email={email} /> <Time at={at} />.
          </p>
        ))}
        {deniedBy !== undefined && (
          <p>
            Denied by <Person email={deniedBy.email} />{' '}
            {decidedAt !== undefined && <Time at={decidedAt} />}.
          </p>
        )}
        {note !== undefined && (
          <div>
            Note to the agent: <UntrustedText text={note} />
          </div>
        )}
        {status === 'approved' && (
          <p>
            If it is not sent, it expires <Time at={expiresAt} />.
          </p>
        )}
        {status === 'expired' && (
          <p>
            {approvedBy.length < approval.ownersNeeded
              ? 'Nobody decided in time.'
              : 'The agent did not send it in time.'}{' '}
            It expired <Time at={expiresAt} />.
          </p>
        )}
        {status === 'cancelled' && (
          <p>The policy, the connection or the agent’s access was taken away meanwhile.</p>
        )}
        {consumedAt !== undefined && (
          <p>
            Its one attempt was made <Time at={consumedAt} />.
          </p>
        )}
        {auditId !== undefined && mayRead && (
          <p>
            <TextLink to="/audit" search={{ entry: auditId }}>
              See the attempt in the audit log
            </TextLink>
          </p>
        )}
      </div>
    </Notice>
  )
}

function Person({ email }: { email: string }) {
  return <span className="font-medium [overflow-wrap:anywhere]">{email}</span>
}

/** Of a request that needs two people: who has approved, and who still has to. */
export function SecondOwner({ approval, ownerId }: { approval: Approval; ownerId: string }) {
  const { ownersNeeded, approvedBy, status } = approval
  if (status !== 'pending' || ownersNeeded < 2) return null
  const mine = approvedBy.some((answer) => answer.ownerId === ownerId)
  return (
    <Notice>
      {approvedBy.length === 0 ? (
        <p>Two people have to approve this.</p>
      ) : (
        <p>
          {approvedBy.length} of {ownersNeeded} approved:{' '}
          {approvedBy.map(({ email }) => email).join(', ')}.{' '}
          {mine ? 'You have approved; a second person has to.' : 'Yours is the second answer.'}
        </p>
      )}
    </Notice>
  )
}
