import type { PolicyDocument } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useFormContext } from 'react-hook-form'
import { query } from '../../../api.ts'
import { TextLink } from '../../../components/button.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { Notice, ProblemNotice } from '../../../components/notice.tsx'
import { isSame } from '../policy-draft.ts'
import { usePutDraft } from '../use-put-draft.ts'

interface TakenSuggestionProps {
  readonly policyId: string
  /** The denied attempt that is to be allowed. */
  readonly auditId: string
  /** What is stored. */
  readonly base: PolicyDocument
}

/** Whoever comes from a denied attempt finds the smallest change that would allow it in the draft, to be looked at and saved. */
export function TakenSuggestion({ policyId, auditId, base }: TakenSuggestionProps) {
  const { data, error } = useQuery({
    ...query('suggestPolicy', { policyId, auditId }),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const { getValues } = useFormContext<PolicyDocument>()
  const put = usePutDraft()
  const isTaken = useRef(false)
  const smallest = data?.smallest
  useEffect(() => {
    // Once, and never over what somebody typed.
    if (smallest === undefined || isTaken.current) return
    isTaken.current = true
    if (isSame(getValues(), base)) put(() => smallest.document)
  }, [smallest, getValues, base, put])
  if (error !== null) return <ProblemNotice error={error} />
  if (data === undefined) return <LoadingState lines={2} />
  const link = (
    <TextLink to="/audit" search={{ entry: auditId }}>
      the attempt
    </TextLink>
  )
  if (smallest === undefined) {
    return (
      <Notice title="No change of this policy would allow it.">
        <p>
          {data.why} See {link}.
        </p>
      </Notice>
    )
  }
  return (
    <Notice tone="warn" title="The draft has a change that would allow a denied attempt.">
      <div className="grid gap-1 text-ink [overflow-wrap:anywhere]">
        <p>{smallest.sentence}</p>
        <p>
          {alsoAllows(smallest.alsoAllows)} It counts once you save it. See {link}.
        </p>
      </div>
    </Notice>
  )
}

/** How far a change reaches beyond what it was made for. */
const alsoAllows = (count: number): string =>
  count === 0
    ? 'No other denied attempt of that time would be allowed by it.'
    : `${count.toLocaleString('en')} other denied ${count === 1 ? 'attempt' : 'attempts'} of that time would be allowed too.`
