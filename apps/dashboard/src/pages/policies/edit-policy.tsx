import type { PolicyDocument } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { asProblem, type Output, query, useAction } from '../../api.ts'
import { Button, TextLink } from '../../components/button.tsx'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { AgentName, ConnectionName, useAgent } from '../../components/names.tsx'
import { Notice } from '../../components/notice.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { PolicySummary } from '../../components/policy-summary.tsx'
import { RememberedList } from '../../components/remembered-list.tsx'
import { ErrorState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useToast } from '../../components/toast.tsx'
import { useMay } from '../../session.ts'
import { documentOf } from './policy-draft.ts'
import { PolicyEditor } from './policy-editor.tsx'
import { UsageCard } from './usage-card.tsx'

type Policy = Output<'getPolicy'>['policy']

/** The page of a policy that is there. */
export function EditPolicy({ policyId }: { policyId: string }) {
  const { data, error, refetch } = useQuery(query('getPolicy', { policyId }))
  const connection = useQuery({
    ...query('getConnection', { connectionId: data?.policy.connectionId ?? '' }),
    enabled: data !== undefined,
  })
  if (data === undefined || connection.data === undefined) {
    const failed = error ?? connection.error
    const retry = () => (data === undefined ? refetch() : connection.refetch())
    return failed === null ? <LoadingState /> : <ErrorState error={failed} onRetry={retry} />
  }
  return (
    <Editing
      key={policyId}
      current={data.policy}
      onReload={refetch}
      connection={connection.data.connection}
      isGone={error !== null && asProblem(error).type === 'policy-not-found'}
    />
  )
}

interface EditingProps {
  /** As it is stored now. */
  readonly current: Policy
  readonly onReload: () => unknown
  readonly connection: Output<'getConnection'>['connection']
  readonly isGone: boolean
}

const route = getRouteApi('/frame/policies/$policyId')
const SimulateCard = lazyPart(
  async () => (await import('./history/simulate-card.tsx')).SimulateCard,
)
const SuggestionsCard = lazyPart(
  async () => (await import('./history/suggestions-card.tsx')).SuggestionsCard,
)
const TakenSuggestion = lazyPart(
  async () => (await import('./history/taken-suggestion.tsx')).TakenSuggestion,
)

function Editing({ current, onReload, connection, isGone }: EditingProps) {
  const agent = useAgent(current.agentId)
  const { allow } = route.useSearch()
  const toast = useToast()
  // What the editing began with; the version is what a change is compared with when it is stored.
  const [base, setBase] = useState(current)
  const [version, setVersion] = useState(current.version)
  const document = useMemo(() => documentOf(base), [base])
  const begin = (policy: Policy) => {
    setBase(policy)
    setVersion(policy.version)
  }
  const save = useAction('replacePolicy', {
    onDone: ({ policy }) => {
      begin(policy)
      toast('Policy saved')
    },
  })
  const onSave = async (draft: PolicyDocument) => {
    try {
      await save.mutateAsync({ policyId: base.id, version, ...draft })
    } catch (thrown) {
      if (asProblem(thrown).type === 'version-conflict') await onReload()
      throw thrown
    }
  }
  const who = `${agent?.name ?? current.agentId} with ${connection.label}`
  const newer = current.version > version && {
    notice: (
      <ChangedNotice
        theirs={current}
        onTheirs={() => begin(current)}
        onMine={() => setVersion(current.version)}
      />
    ),
    take: () => begin(current),
  }
  return (
    <>
      <PolicyHeader policy={current} who={who} />
      <PolicyEditor
        connection={connection}
        who={who}
        base={document}
        isNew={false}
        onSave={onSave}
        notice={
          isGone ? (
            <GoneNotice />
          ) : (
            <>
              <StandingNotice agent={agent} connection={connection} />
              {allow !== undefined && (
                <TakenSuggestion policyId={base.id} auditId={allow} base={document} />
              )}
            </>
          )
        }
        {...(newer !== false && !isGone && { newer })}
        actions={!isGone && <DeletePolicy policy={current} who={who} />}
        aside={!isGone && <UsageCard policyId={base.id} />}
      >
        {!isGone && <FromHistory policyId={base.id} />}
      </PolicyEditor>
    </>
  )
}

/** What history says of the policy, and what is remembered under it. */
function FromHistory({ policyId }: { policyId: string }) {
  const mayWrite = useMay('policies:write')
  return (
    <>
      <SimulateCard whose={{ policyId }} />
      <SuggestionsCard policyId={policyId} mayWrite={mayWrite} />
      <RememberedList of={{ policyId }} />
    </>
  )
}

interface StandingNoticeProps {
  readonly agent: Output<'getAgent'>['agent'] | undefined
  readonly connection: Output<'getConnection'>['connection']
}

/** What makes the policy worth nothing just now, whatever it says. */
function StandingNotice({ agent, connection }: StandingNoticeProps) {
  const why =
    connection.status === 'revoked'
      ? 'The connection is revoked: its key is gone for good.'
      : connection.status === 'needs_reauth'
        ? 'The connection needs a new key.'
        : agent?.status === 'disabled'
          ? 'The agent is disabled.'
          : undefined
  if (why === undefined) return null
  return (
    <Notice tone="warn" title={why}>
      <p>Until that changes every request is refused, whatever stands here.</p>
    </Notice>
  )
}

function GoneNotice() {
  return (
    <Notice tone="bad" alert title="Somebody has deleted this policy meanwhile.">
      <p>The agent may do nothing with this connection. What you see is what it said.</p>
    </Notice>
  )
}

function PolicyHeader({ policy, who }: { policy: Policy; who: string }) {
  return (
    <PageHeader
      title={who}
      heading={
        <span className="[overflow-wrap:anywhere]">
          <AgentName agentId={policy.agentId} /> <span className="text-ink-soft">with</span>{' '}
          <ConnectionName connectionId={policy.connectionId} />
        </span>
      }
      description={
        <>
          Changed <Time at={policy.updatedAt} />, version {policy.version}
        </>
      }
      up={<TextLink to="/policies">Policies</TextLink>}
    />
  )
}

interface ChangedNoticeProps {
  readonly theirs: Policy
  readonly onTheirs: () => void
  readonly onMine: () => void
}

/** Somebody else saved first. Nothing that was typed is lost until the person says so. */
function ChangedNotice({ theirs, onTheirs, onMine }: ChangedNoticeProps) {
  return (
    <Notice tone="warn" alert title="Somebody else has changed this policy meanwhile.">
      <div className="grid gap-2 text-ink">
        <p>What you see here is yours, not stored. Theirs, which counts now, says:</p>
        <div className="rounded-md border border-line bg-surface px-3 py-2">
          <PolicySummary policy={theirs} atFirst={10} />
        </div>
        <div className="flex flex-wrap gap-2">
          <Button size="sm" onClick={onTheirs}>
            Take theirs, drop mine
          </Button>
          <Button size="sm" onClick={onMine}>
            Keep mine, to save over theirs
          </Button>
        </div>
      </div>
    </Notice>
  )
}

function DeletePolicy({ policy, who }: { policy: Policy; who: string }) {
  const [open, setOpen] = useState(false)
  const navigate = useNavigate()
  const toast = useToast()
  const mayWrite = useMay('policies:write')
  const remove = useAction('deletePolicy', {
    invalidates: ['approvals'],
    onDone: () => {
      toast('Policy deleted')
      void navigate({ to: '/policies', ignoreBlocker: true })
    },
  })
  if (!mayWrite) return null
  return (
    <>
      <Button variant="quiet" className="ml-auto text-bad!" onClick={() => setOpen(true)}>
        Delete
      </Button>
      <ConfirmDialog
        title="Delete this policy?"
        confirmLabel="Delete"
        danger
        open={open}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ policyId: policy.id })}
        onClose={() => setOpen(false)}
      >
        <p className="[overflow-wrap:anywhere]">
          It is about {who}. The agent loses this access at once, and what waits for your approval
          under it is cancelled. It can ask for access again.
        </p>
      </ConfirmDialog>
    </>
  )
}
