import type { ApprovalStatus } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { query } from '../../api.ts'
import { Select } from '../../components/input.tsx'
import type { Filter } from './use-approval-list.ts'

/** What the address says is to be listed. */
export interface ApprovalSearch {
  readonly status?: string
  readonly agentId?: string
  readonly connectionId?: string
}

const tabs = [
  { status: undefined, label: 'Waiting' },
  { status: 'approved', label: 'Approved, not used' },
  { status: 'consumed', label: 'Used' },
  { status: 'denied', label: 'Denied' },
  { status: 'expired', label: 'Expired' },
  { status: 'all', label: 'All' },
] as const satisfies readonly { status: ApprovalStatus | 'all' | undefined; label: string }[]

/** Turns what the address says into what the vault is asked for. What it does not know counts as nothing said. */
export function filterOf({ status, agentId, connectionId }: ApprovalSearch): Filter {
  const tab = tabs.find((known) => known.status === status)?.status
  return {
    ...(tab !== 'all' && { status: tab ?? 'pending' }),
    ...(agentId !== undefined && { agentId }),
    ...(connectionId !== undefined && { connectionId }),
  }
}

/** What of the approvals is listed: by their state, their agent and their connection. */
export function ApprovalFilters({ search }: { search: ApprovalSearch }) {
  const { status, ...others } = search
  const current = tabs.find((known) => known.status === status)?.status
  return (
    <div className="mb-3 flex flex-wrap items-end justify-between gap-3">
      <nav
        aria-label="Which approvals"
        className="flex min-w-0 overflow-x-auto border-b border-line"
      >
        {tabs.map((tab) => (
          <Link
            key={tab.label}
            to="/approvals"
            search={{ ...others, ...(tab.status !== undefined && { status: tab.status }) }}
            aria-current={tab.status === current ? 'page' : undefined}
            className="-mb-px grid min-h-9 items-center border-b-2 border-transparent px-2.5 text-[0.93rem] whitespace-nowrap text-ink-soft hover:text-ink aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-ink"
            activeProps={{}}
          >
            {tab.label}
          </Link>
        ))}
      </nav>
      <div className="flex gap-2 max-sm:w-full">
        <AgentFilter search={search} />
        <ConnectionFilter search={search} />
      </div>
    </div>
  )
}

const optionsMax = 200

function AgentFilter({ search }: { search: ApprovalSearch }) {
  const { data } = useQuery(query('listAgents', { limit: optionsMax }))
  const options = data?.agents.map(({ id, name }) => ({ id, name })) ?? []
  return <Choice name="agentId" all="All agents" options={options} search={search} />
}

function ConnectionFilter({ search }: { search: ApprovalSearch }) {
  const { data } = useQuery(query('listConnections', { limit: optionsMax }))
  const options = data?.connections.map(({ id, label }) => ({ id, name: label })) ?? []
  return <Choice name="connectionId" all="All connections" options={options} search={search} />
}

interface ChoiceProps {
  readonly name: 'agentId' | 'connectionId'
  readonly all: string
  readonly options: readonly { readonly id: string; readonly name: string }[]
  readonly search: ApprovalSearch
}

function Choice({ name, all, options, search }: ChoiceProps) {
  const navigate = useNavigate()
  const chosen = search[name]
  if (options.length < 2 && chosen === undefined) return null
  const isKnown = chosen === undefined || options.some(({ id }) => id === chosen)
  const choose = (id: string) => {
    const { [name]: _, ...others } = search
    void navigate({ to: '/approvals', search: id === '' ? others : { ...others, [name]: id } })
  }
  return (
    <Select
      aria-label={all.replace('All ', 'Only of ').replace(/s$/, '')}
      className="max-w-48 max-sm:max-w-none max-sm:min-w-0 max-sm:flex-1"
      value={chosen ?? ''}
      onChange={({ target }) => choose(target.value)}
    >
      <option value="">{all}</option>
      {options.map(({ id, name: label }) => (
        <option key={id} value={id}>
          {label}
        </option>
      ))}
      {!isKnown && <option value={chosen}>{chosen}</option>}
    </Select>
  )
}
