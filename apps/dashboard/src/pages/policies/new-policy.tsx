import type { PolicyDocument } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { type Output, query, useAction } from '../../api.ts'
import { LinkButton, TextLink } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { Field } from '../../components/field.tsx'
import { Select } from '../../components/input.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { Notice } from '../../components/notice.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { useAllAgents, useAllConnections } from '../../components/pick-lists.ts'
import { EmptyState, ErrorState } from '../../components/states.tsx'
import { useToast } from '../../components/toast.tsx'
import { emptyDraft } from './policy-draft.ts'
import { PolicyEditor } from './policy-editor.tsx'

const route = getRouteApi('/frame/policies/$policyId')

/** The page of a policy that is not there yet: who and with what, then what it says. */
export function NewPolicy() {
  const { agentId, connectionId } = route.useSearch()
  const agents = useAllAgents()
  const connections = useAllConnections()
  const agent = agents.data?.find(({ id }) => id === agentId)
  const connection = connections.data?.find(({ id }) => id === connectionId)
  return (
    <>
      <PageHeader
        title="New policy"
        description="What one agent may do with one connection."
        up={<TextLink to="/policies">Policies</TextLink>}
      />
      <div className="grid gap-4">
        {agents.data !== undefined && connections.data !== undefined ? (
          <PairPicker agents={agents.data} connections={connections.data} />
        ) : agents.error !== null || connections.error !== null ? (
          <ErrorState
            error={agents.error ?? connections.error}
            onRetry={agents.error === null ? connections.refetch : agents.refetch}
          />
        ) : (
          <LoadingState />
        )}
        {agent !== undefined && connection !== undefined && (
          <NewDraft key={connection.id} agent={agent} connection={connection} />
        )}
      </div>
    </>
  )
}

interface PairPickerProps {
  readonly agents: readonly Output<'getAgent'>['agent'][]
  readonly connections: readonly Output<'getConnection'>['connection'][]
}

function PairPicker({ agents, connections }: PairPickerProps) {
  const { agentId = '', connectionId = '' } = route.useSearch()
  const navigate = useNavigate()
  const choose = (part: { agentId?: string; connectionId?: string }) =>
    void navigate({
      to: '/policies/$policyId',
      params: { policyId: 'new' },
      search: { agentId, connectionId, ...part },
      replace: true,
    })
  if (agents.length === 0 || connections.length === 0) {
    return (
      <EmptyState
        title="Something is missing first"
        action={
          agents.length === 0 ? (
            <LinkButton to="/agents">Add an agent</LinkButton>
          ) : (
            <LinkButton to="/connections">Add a connection</LinkButton>
          )
        }
      >
        A policy joins an agent with a connection. There is no{' '}
        {agents.length === 0 ? 'agent' : 'connection'} yet.
      </EmptyState>
    )
  }
  return (
    <Card title="Who, and with what">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Agent">
          {(aria) => (
            <Select {...aria} value={agentId} onChange={(e) => choose({ agentId: e.target.value })}>
              <option value="">Choose an agent</option>
              {agents.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Connection">
          {(aria) => (
            <Select
              {...aria}
              value={connectionId}
              onChange={(e) => choose({ connectionId: e.target.value })}
            >
              <option value="">Choose a connection</option>
              {connections.map(({ id, label }) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
    </Card>
  )
}

const SimulateCard = lazyPart(
  async () => (await import('./history/simulate-card.tsx')).SimulateCard,
)

interface NewDraftProps {
  readonly agent: Output<'getAgent'>['agent']
  readonly connection: Output<'getConnection'>['connection']
}

function NewDraft({ agent, connection }: NewDraftProps) {
  const [base] = useState(emptyDraft)
  const navigate = useNavigate()
  const toast = useToast()
  const pair = { agentId: agent.id, connectionId: connection.id }
  const existing = useQuery(query('listPolicies', pair))
  const create = useAction('createPolicy', {
    onDone: ({ policy }) => {
      toast('Policy created')
      void navigate({
        to: '/policies/$policyId',
        params: { policyId: policy.id },
        ignoreBlocker: true,
      })
    },
  })
  const onSave = (draft: PolicyDocument) => create.mutateAsync({ ...pair, ...draft })
  const [there] = create.isSuccess ? [] : (existing.data?.policies ?? [])
  if (there !== undefined) return <ThereAlready policyId={there.id} />
  return (
    <PolicyEditor
      connection={connection}
      who={`${agent.name} with ${connection.label}`}
      base={base}
      isNew
      onSave={onSave}
    >
      <SimulateCard whose={pair} />
    </PolicyEditor>
  )
}

function ThereAlready({ policyId }: { policyId: string }) {
  return (
    <Notice
      title="This agent has a policy for this connection."
      action={
        <LinkButton size="sm" to="/policies/$policyId" params={{ policyId }}>
          Open it
        </LinkButton>
      }
    >
      <p>There is one policy for each pair. Change that one.</p>
    </Notice>
  )
}
