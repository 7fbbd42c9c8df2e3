import type { ApprovalDetail } from '@sallyport/contracts'
import { TextLink } from '../../components/button.tsx'
import { Notice } from '../../components/notice.tsx'
import { Time } from '../../components/time.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'

const namesShown = 12

type Difference = NonNullable<ApprovalDetail['difference']>

/** How a request differs from the last one like it that was approved and sent. */
export function DifferenceNotice({ difference }: { difference: Difference }) {
  const { approvalId, at, same, changed, added, removed } = difference
  const link = (
    <TextLink to="/approvals/$approvalId" params={{ approvalId }}>
      the one that was sent
    </TextLink>
  )
  if (same) {
    return (
      <Notice tone="good">
        <p>
          Same, byte for byte, as {link} <Time at={at} />.
        </p>
      </Notice>
    )
  }
  return (
    <Notice tone="warn">
      <p>
        Not the same as {link} <Time at={at} />.
      </p>
      <Names label="Changed" names={changed} />
      <Names label="New" names={added} />
      <Names label="No longer there" names={removed} />
    </Notice>
  )
}

function Names({ label, names }: { label: string; names: readonly string[] }) {
  if (names.length === 0) return null
  return (
    <p className="text-ink">
      <span className="font-medium">{label}:</span>{' '}
      {names.slice(0, namesShown).map((name, index) => (
        <span key={name}>
          {index > 0 && ', '}
          <UntrustedText text={name} inline mono limit={120} />
        </span>
      ))}
      {names.length > namesShown && ` and ${names.length - namesShown} more`}
    </p>
  )
}
