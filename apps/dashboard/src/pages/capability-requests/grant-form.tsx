import type { FieldFault } from '@sallyport/contracts'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useAction } from '../../api.ts'
import { Button, LinkButton } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { DenyDialog } from '../../components/deny-dialog.tsx'
import { EndDate } from '../../components/end-date.tsx'
import { GuardChoice } from '../../components/guard-choice.tsx'
import { Notice, ProblemNotice } from '../../components/notice.tsx'
import { ownDomainsOf } from '../../components/own-domains.ts'
import { PolicySummary } from '../../components/policy-summary.tsx'
import { useToast } from '../../components/toast.tsx'
import { useConnectionState } from '../../events.ts'
import { useMay, useSession } from '../../session.ts'
import { ChooseConnection } from './choose-connection.tsx'
import { ConnectFirst } from './connect-first.tsx'
import type { Detail } from './detail.ts'
import {
  allowOf,
  faultsOf,
  type GrantDraft,
  grantOf,
  isChanged,
  startDraft,
} from './grant-draft.ts'
import { NarrowEntry } from './narrow-entry.tsx'
import { WhenAsked } from './when-asked.tsx'

const route = getRouteApi('/frame/capability-requests/$capabilityRequestId')

/** The owner's answer: on which connection, how much of it, until when; or no. */
export function GrantForm({ request }: { request: Detail }) {
  const { action, connections } = request
  const { connectionId: made } = route.useSearch()
  const [isDenying, setDenying] = useState(false)
  const isOffline = useConnectionState() === 'offline'
  const toast = useToast()
  const deny = useAction('denyCapabilityRequest', {
    onDone: () => {
      setDenying(false)
      toast('Request denied')
    },
  })
  const capabilityRequestId = request.id
  const denyButton = (
    <Button disabled={isOffline} onClick={() => setDenying(true)}>
      Deny…
    </Button>
  )
  return (
    <>
      {action === undefined ? (
        <div>{denyButton}</div>
      ) : (
        <Grant
          // The one that was made for it may come a moment after the page.
          key={String(connections.some(({ id }) => id === made))}
          id={capabilityRequestId}
          action={action}
          connections={connections}
          isOffline={isOffline}
          denyButton={denyButton}
        />
      )}
      <DenyDialog
        title="Deny this request?"
        description="The agent is told, with your note if you write one. It may ask again."
        confirmLabel="Deny"
        open={isDenying}
        busy={deny.isPending}
        error={deny.error}
        onDeny={(note) => deny.mutate({ capabilityRequestId, ...(note !== undefined && { note }) })}
        onClose={() => setDenying(false)}
      />
    </>
  )
}

interface GrantProps {
  readonly id: string
  readonly action: NonNullable<Detail['action']>
  readonly connections: Detail['connections']
  readonly isOffline: boolean
  readonly denyButton: ReactNode
}

function Grant({ id, action, connections, isOffline, denyButton }: GrantProps) {
  const { connectionId: wanted } = route.useSearch()
  const email = useSession()?.owner.email ?? ''
  const [draft, setDraft] = useState(() =>
    startDraft(action, connections, { wanted, ownDomains: ownDomainsOf(email) }),
  )
  const change = (part: Partial<GrantDraft>) => setDraft({ ...draft, ...part })
  const toast = useToast()
  const approve = useAction('approveCapabilityRequest', {
    invalidates: ['policies'],
    onDone: () => toast('Granted'),
  })
  const faults = faultsOf(draft, Date.now())
  const grant = () => {
    if (!approve.isPending) approve.mutate({ capabilityRequestId: id, ...grantOf(draft, action) })
  }
  return (
    <Card title="Grant it">
      <div className="grid gap-5">
        <ChooseConnection
          connections={connections}
          chosen={draft.connectionId}
          onChoose={(connectionId) => change({ connectionId })}
          onAdd={<AddConnection id={id} action={action} />}
        />
        <ConnectFirst
          capabilityRequestId={id}
          action={action}
          connection={connections.find((connection) => connection.id === draft.connectionId)}
        />
        <Narrow draft={draft} action={action} onChange={change} />
        {isChanged(draft, action) && <Result draft={draft} />}
        <GuardChoice
          actionTemplateId={action.id}
          connectionId={draft.connectionId}
          value={draft.guard}
          onChange={(guard) => change({ guard })}
        />
        {approve.error !== null && (
          <ProblemNotice error={approve.error} action={<Faults faults={approve.error.fields} />} />
        )}
        <div className="flex flex-wrap items-center gap-2">
          <Button
            variant="primary"
            busy={approve.isPending}
            disabled={faults.length > 0 || isOffline}
            onClick={grant}
          >
            Grant
          </Button>
          {denyButton}
          <span className="text-[0.93rem] text-ink-soft" role="status">
            {isOffline ? 'You are offline.' : faults.join(' ')}
          </span>
        </div>
      </div>
    </Card>
  )
}

interface NarrowProps {
  readonly draft: GrantDraft
  readonly action: GrantProps['action']
  readonly onChange: (part: Partial<GrantDraft>) => void
}

/** Everything that can be taken off, behind one click: as it is, nothing of it has to be touched. */
function Narrow({ draft, action, onChange }: NarrowProps) {
  return (
    <details>
      <summary className="cursor-pointer font-medium">Narrow it, or let it end</summary>
      <div className="mt-3 grid gap-5">
        <div className="grid gap-3">
          {draft.entries.map((entry, index) => (
            <NarrowEntry
              key={index}
              entry={entry}
              onChange={(changed) =>
                onChange({ entries: draft.entries.with(index, { ...entry, ...changed }) })
              }
            />
          ))}
        </div>
        <WhenAsked
          value={draft.approval}
          usual={action.approval}
          onChange={(approval) => onChange({ approval })}
        />
        <EndDate value={draft.endsAtMs} onChange={(endsAtMs) => onChange({ endsAtMs })} />
      </div>
    </details>
  )
}

/** What the agent may do afterwards that it may not do now. */
function Result({ draft }: { draft: GrantDraft }) {
  const { approval, endsAtMs } = draft
  const expiresAt = endsAtMs === undefined ? {} : { expiresAt: new Date(endsAtMs).toISOString() }
  return (
    <Notice title="What the agent may then do">
      <PolicySummary
        policy={{ allow: allowOf(draft), approval, limits: {}, windows: [], ...expiresAt }}
      />
    </Notice>
  )
}

function Faults({ faults = [] }: { faults?: readonly FieldFault[] | undefined }) {
  if (faults.length < 2) return null
  return (
    <ul className="text-[0.87rem]">
      {faults.map(({ field, message }) => (
        <li key={field}>
          {field} {message}
        </li>
      ))}
    </ul>
  )
}

/** Leads to where the service is connected, with what this needs, and back. */
function AddConnection({ id, action }: Pick<GrantProps, 'id' | 'action'>) {
  if (!useMay('connections:write')) return null
  return (
    <LinkButton
      to="/connections"
      search={{
        service: action.service.id,
        actions: action.id,
        return: `/capability-requests/${id}`,
      }}
    >
      Add a connection
    </LinkButton>
  )
}
