import { TextLink } from '../../components/button.tsx'
import { ConnectionName } from '../../components/names.tsx'
import { Notice } from '../../components/notice.tsx'
import { Time } from '../../components/time.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import type { Detail } from './detail.ts'

const titles = {
  pending: ['neutral', 'Waiting'],
  approved: ['good', 'Granted.'],
  denied: ['bad', 'Denied.'],
  cancelled: ['neutral', 'Withdrawn: the agent was reset or taken away meanwhile.'],
} as const

/** What became of a request: who answered, when, on which connection and with what words. */
export function Answer({ request }: { request: Detail }) {
  const { status, answeredBy, answeredAt, connectionId, policyId, note } = request
  const [tone, title] = titles[status]
  return (
    <Notice tone={tone} title={title}>
      <div className="grid gap-0.5 text-ink">
        {answeredBy !== undefined && (
          <p>
            By <span className="font-medium [overflow-wrap:anywhere]">{answeredBy.email}</span>{' '}
            {answeredAt !== undefined && <Time at={answeredAt} />}
            {connectionId !== undefined && (
              <>
                {' '}
                on <ConnectionName connectionId={connectionId} />
              </>
            )}
            .
          </p>
        )}
        {note !== undefined && (
          <div>
            Note to the agent: <UntrustedText text={note} />
          </div>
        )}
        {policyId !== undefined && (
          <p>
            <TextLink to="/policies/$policyId" params={{ policyId }}>
              The policy that it is part of
            </TextLink>
          </p>
        )}
      </div>
    </Notice>
  )
}
