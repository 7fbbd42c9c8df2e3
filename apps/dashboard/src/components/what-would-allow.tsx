import type { AuditEntry } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { query } from '../api.ts'
import { useMay } from '../session.ts'
import { Button, LinkButton } from './button.tsx'
import { LoadingState } from './loading-state.tsx'
import { Notice, ProblemNotice } from './notice.tsx'

const dayMs = 86_400_000
/** The furthest back that history is looked through. */
const daysMax = 90

/** Of an attempt that a policy denied: the smallest change that would allow it, once somebody asks. Nothing for any other. */
export function WhatWouldAllow({ entry }: { entry: AuditEntry }) {
  const mayRead = useMay('policies:read')
  const [isAsked, setAsked] = useState(false)
  const { policyId, decision, method } = entry
  if (decision !== 'deny' || policyId === undefined || method === undefined || !mayRead) return null
  // An entry of a policy allows requests: what allows a tool is its grant.
  if (entry.tool !== undefined) return <WhereGranted toolsetId={entry.toolsetId} />
  return (
    <div className="mt-4 border-t border-line pt-4">
      {isAsked ? (
        <Answer entry={entry} policyId={policyId} />
      ) : (
        <Button size="sm" onClick={() => setAsked(true)}>
          What would allow this?
        </Button>
      )}
    </div>
  )
}

function WhereGranted({ toolsetId }: { toolsetId: string | undefined }) {
  if (toolsetId === undefined) return null
  return (
    <div className="mt-4 border-t border-line pt-4">
      <LinkButton
        size="sm"
        to="/toolsets/$toolsetId"
        params={{ toolsetId }}
        search={{ tab: 'access' }}
      >
        Who may call it
      </LinkButton>
    </div>
  )
}

function Answer({ entry, policyId }: { entry: AuditEntry; policyId: string }) {
  const mayWrite = useMay('policies:write')
  const [days] = useState(() =>
    Math.min(daysMax, Math.max(1, Math.ceil((Date.now() - Date.parse(entry.at)) / dayMs))),
  )
  const { data, error } = useQuery(query('suggestPolicy', { policyId, auditId: entry.id, days }))
  if (error !== null) return <ProblemNotice error={error} />
  if (data === undefined) return <LoadingState lines={2} />
  const { smallest, why } = data
  if (smallest === undefined) {
    return (
      <Notice title="No change of the policy would allow it.">
        {why !== undefined && <p className="[overflow-wrap:anywhere]">{why}</p>}
      </Notice>
    )
  }
  return (
    <div role="status" className="grid gap-2 text-[0.93rem]">
      <p className="font-medium [overflow-wrap:anywhere]">{smallest.sentence}</p>
      <p className="text-ink-soft">
        {smallest.alsoAllows === 0
          ? 'No other denied attempt since then would be allowed by it.'
          : `It would allow ${smallest.alsoAllows.toLocaleString('en')} other denied ${smallest.alsoAllows === 1 ? 'attempt' : 'attempts'} since then too.`}
      </p>
      <div>
        <LinkButton
          size="sm"
          to="/policies/$policyId"
          params={{ policyId }}
          search={{ allow: entry.id }}
        >
          {mayWrite ? 'Open in the editor' : 'Open the policy'}
        </LinkButton>
      </div>
    </div>
  )
}
