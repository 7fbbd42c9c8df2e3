import type { RememberedApproval } from '@sallyport/contracts'
import { TextLink } from '../../components/button.tsx'
import { Notice } from '../../components/notice.tsx'
import { Time } from '../../components/time.tsx'

/** What came of "approve and remember": how much goes through now, and where it can be taken back. */
export function RememberedNotice({ remembered }: { remembered: RememberedApproval }) {
  const { scope, uses, expiresAt, policyId } = remembered
  return (
    <Notice tone="good">
      <p>
        Remembered: {uses.toLocaleString('en')} more{' '}
        {scope === 'exact' ? 'of this very request' : 'like this'} {uses === 1 ? 'goes' : 'go'}{' '}
        through without asking, until <Time at={expiresAt} exact />.{' '}
        <TextLink to="/policies/$policyId" params={{ policyId }}>
          Revoke it on the policy’s page
        </TextLink>
        .
      </p>
    </Notice>
  )
}
