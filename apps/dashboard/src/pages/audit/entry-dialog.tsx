import type { AuditEntry } from '@sallyport/contracts'
import type { ReactNode } from 'react'
import { StatusBadge } from '../../components/badge.tsx'
import { TextLink } from '../../components/button.tsx'
import { Facts } from '../../components/card.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { AgentName, ConnectionName } from '../../components/names.tsx'
import { Notice } from '../../components/notice.tsx'
import { PersonName } from '../../components/person-name.tsx'
import { Time } from '../../components/time.tsx'
import { isCallHost } from '../../components/tools/call-target.ts'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { WhatWouldAllow } from '../../components/what-would-allow.tsx'
import { describeEntry } from './describe-entry.ts'

interface EntryDialogProps {
  /** Undefined while it is looked for, and where there is none. */
  readonly entry: AuditEntry | undefined
  readonly isLoading: boolean
  readonly onClose: () => void
}

/** All that is recorded of one attempt. Bodies and the values of queries never are. */
export function EntryDialog({ entry, isLoading, onClose }: EntryDialogProps) {
  return (
    <Dialog
      title={entry === undefined ? 'Audit entry' : describeEntry(entry)}
      open
      onClose={onClose}
    >
      {entry !== undefined && (
        <>
          <Facts items={factsOf(entry)} />
          <WhatWouldAllow entry={entry} />
        </>
      )}
      {entry === undefined && isLoading && <LoadingState />}
      {entry === undefined && !isLoading && (
        <Notice title="There is no such entry." alert>
          <p>The address names none of this workspace’s audit log.</p>
        </Notice>
      )}
    </Dialog>
  )
}

type Fact = readonly [name: string, value: ReactNode]

function factsOf(entry: AuditEntry): Fact[] {
  return [...whoAndWhen(entry), ...requestOf(entry), ...endOf(entry), ...detailOf(entry)]
}

const mono = (text: string) => <UntrustedText inline mono text={text} />
/** A line only where there is something to say. */
const fact = <T,>(name: string, value: T | undefined, show: (value: T) => ReactNode): Fact[] =>
  value === undefined ? [] : [[name, show(value)]]

function whoAndWhen(entry: AuditEntry): Fact[] {
  return [
    ['When', <Time key="at" at={entry.at} exact />],
    ...fact('Agent', entry.agentId, (agentId) => <AgentName agentId={agentId} />),
    ...fact('Person', entry.ownerId, (ownerId) => <PersonName ownerId={ownerId} />),
    ...fact('Connection', entry.connectionId, (id) => <ConnectionName connectionId={id} />),
    ...toolOf(entry),
    ['Decision', <StatusBadge key="decision" status={entry.decision} />],
    ['Outcome', <StatusBadge key="outcome" status={entry.outcome} />],
    ...fact('Reason', entry.reason, (reason) => <UntrustedText text={reason} />),
    ...fact('Problem', entry.problem, mono),
  ]
}

/** The tool that was called; one that there is not was only asked for. */
function toolOf({ tool, toolId }: AuditEntry): Fact[] {
  if (tool === undefined) return []
  if (toolId === undefined) return [['Tool', mono(tool)]]
  return [
    [
      'Tool',
      <TextLink key="tool" to="/toolsets/tools/$toolId" params={{ toolId }}>
        {mono(tool)}
      </TextLink>,
    ],
  ]
}

function requestOf(entry: AuditEntry): Fact[] {
  const isCall = isCallHost(entry.host ?? '')
  const place = isCall
    ? fact(entry.host?.startsWith('ups_') ? 'Server' : 'Database', entry.host, linkToOwner)
    : [
        ...fact('Method', entry.method, mono),
        ...fact('Host', entry.host, mono),
        ...fact('Path', entry.path, mono),
      ]
  return [
    ...place,
    ...fact('Query names', entry.queryNames?.join(', ') || undefined, mono),
    ...fact('Bytes sent', entry.requestBytes, (bytes) => bytes.toLocaleString('en')),
    ...fact('Digest', entry.requestDigest, mono),
    ...fact('Rule', entry.ruleId, mono),
    ...fact('Policy', entry.policyId, (id) => (
      <>
        {mono(id)}
        {entry.policyVersion !== undefined && <>, version {entry.policyVersion}</>}
      </>
    )),
  ]
}

function endOf(entry: AuditEntry): Fact[] {
  return [
    ...fact('Upstream status', entry.status, String),
    ...fact('Bytes answered', entry.responseBytes, (bytes) => bytes.toLocaleString('en')),
    ...fact('Took', entry.durationMs, (ms) => `${ms} ms`),
    ...fact('Secrets taken out', entry.redactions, String),
    ...fact('Ended', entry.endedAt, (at) => <Time at={at} exact />),
  ]
}

function detailOf(entry: AuditEntry): Fact[] {
  const { approvalId, ...others } = entry.detail ?? {}
  const detail = Object.entries(others).map(
    ([name, value]): Fact => [name, mono(Array.isArray(value) ? value.join(', ') : String(value))],
  )
  if (typeof approvalId === 'string') detail.unshift(['Approval', linkTo(approvalId)])
  return [...detail, ['Entry', mono(entry.id)], ['Sequence', String(entry.seq)]]
}

const linkToOwner = (id: string) =>
  id.startsWith('ups_') ? (
    <TextLink to="/servers/$serverId" params={{ serverId: id }} className="font-mono text-[0.87em]">
      {id}
    </TextLink>
  ) : (
    <TextLink
      to="/databases/$sourceId"
      params={{ sourceId: id }}
      className="font-mono text-[0.87em]"
    >
      {id}
    </TextLink>
  )

const linkTo = (approvalId: string) => (
  <TextLink to="/approvals/$approvalId" params={{ approvalId }} className="font-mono text-[0.87em]">
    {approvalId}
  </TextLink>
)
