import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Activity } from 'lucide-react'
import { useMemo } from 'react'
import { type Output, query } from '../../api.ts'
import { Card } from '../../components/card.tsx'
import { Field } from '../../components/field.tsx'
import { Select } from '../../components/input.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { AgentName, ConnectionName } from '../../components/names.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { EmptyState, ErrorState } from '../../components/states.tsx'
import { Chart } from './chart.tsx'
import { rangeOf, ranges, spanOf } from './ranges.ts'
import { showMs, TallyTable } from './tally-table.tsx'

type Counts = Output<'getActivity'>

const route = getRouteApi('/frame/activity')
const refetchMs = 15_000

/** How much agents called, what was denied, and how long it took. */
export function ActivityPage() {
  const { range: rangeId, agentId, connectionId } = route.useSearch()
  const range = rangeOf(rangeId)
  const { bucketMinutes } = range
  const input = {
    ...spanOf(range, Date.now()),
    bucketMinutes,
    ...(agentId !== undefined && { agentId }),
    ...(connectionId !== undefined && { connectionId }),
  }
  const { data, error, refetch } = useQuery({
    ...query('getActivity', input),
    refetchInterval: refetchMs,
    placeholderData: keepPreviousData,
  })
  return (
    <>
      <PageHeader
        title="Activity"
        description="What agents called, what was denied, and how long it took."
        actions={<Controls />}
      />
      {data === undefined ? (
        error === null ? (
          <LoadingState />
        ) : (
          <ErrorState error={error} onRetry={refetch} />
        )
      ) : (
        <Content activity={data} />
      )}
    </>
  )
}

/** Which time, agent and connection; kept in the address. */
function Controls() {
  const { range, agentId, connectionId } = route.useSearch()
  const navigate = route.useNavigate()
  const agents = useQuery(query('listAgents', { limit: 200 })).data?.agents ?? []
  const connections = useQuery(query('listConnections', { limit: 200 })).data?.connections ?? []
  const change = (name: string, value: string) =>
    void navigate({
      search: (now) => {
        const members = Object.entries({ ...now, [name]: value })
        return Object.fromEntries(members.filter(([, one]) => one !== ''))
      },
      replace: true,
    })
  const choices = [
    ['range', 'Time', rangeOf(range).id, ranges.map(({ id, label }) => [id, label])],
    ['agentId', 'Agent', agentId, [['', 'All'], ...agents.map(({ id, name }) => [id, name])]],
    [
      'connectionId',
      'Connection',
      connectionId,
      [['', 'All'], ...connections.map(({ id, label }) => [id, label])],
    ],
  ] as const
  return (
    <div className="grid grid-cols-3 gap-3 max-sm:w-full">
      {choices.map(([name, label, value, options]) => (
        <Field key={name} label={label}>
          {(aria) => (
            <Select
              {...aria}
              className="sm:w-44"
              value={value ?? ''}
              onChange={({ target }) => change(name, target.value)}
            >
              {options.map(([id = '', text]) => (
                <option key={id} value={id}>
                  {text}
                </option>
              ))}
            </Select>
          )}
        </Field>
      ))}
    </div>
  )
}

function Content({ activity }: { activity: Counts }) {
  return (
    <div className="grid gap-5">
      <Totals total={activity.total} />
      {activity.total.calls === 0 ? (
        <EmptyState title="No calls in this time" icon={<Activity aria-hidden="true" />}>
          Agents’ calls show here as they happen.
        </EmptyState>
      ) : (
        <Counted activity={activity} />
      )}
    </div>
  )
}

function Counted({ activity }: { activity: Counts }) {
  return (
    <>
      <Charts buckets={activity.buckets} />
      <TallyTable
        title="By agent"
        what="Agent"
        rows={activity.agents}
        keyOf={({ agentId }) => agentId}
        name={({ agentId }) => <AgentName agentId={agentId} />}
      />
      <TallyTable
        title="By connection"
        what="Connection"
        rows={activity.connections}
        keyOf={({ connectionId }) => connectionId}
        name={({ connectionId }) => <ConnectionName connectionId={connectionId} />}
      />
    </>
  )
}

function Totals({ total }: { total: Counts['total'] }) {
  const counts = [
    ['Calls', total.calls.toLocaleString('en')],
    ['Denied', total.denied.toLocaleString('en')],
    ['Asked an owner', total.asked.toLocaleString('en')],
    ['Failed', total.failed.toLocaleString('en')],
    ['Half within', showMs(total.p50Ms)],
    ['95 % within', showMs(total.p95Ms)],
  ] as const
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line sm:grid-cols-3 lg:grid-cols-6">
      {counts.map(([name, value]) => (
        <div key={name} className="flex flex-col-reverse justify-end bg-surface px-4 py-3">
          <dt className="text-[0.87rem] text-ink-soft">{name}</dt>
          <dd className="text-[1.3rem] font-semibold tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Charts({ buckets }: { buckets: Counts['buckets'] }) {
  const { times, calls, latency } = useMemo(() => seriesOf(buckets), [buckets])
  return (
    <>
      <Card title="Calls">
        <Chart
          label="Calls over time, by how they ended. The tables below have the numbers."
          unit=""
          times={times}
          series={calls}
          stacked
        />
      </Card>
      <Card title="How long calls took">
        <Chart
          label="Milliseconds that calls took over time. The tables below have the numbers."
          unit=" ms"
          times={times}
          series={latency}
        />
      </Card>
    </>
  )
}

function seriesOf(buckets: Counts['buckets']) {
  return {
    times: buckets.map(({ at }) => Date.parse(at) / 1000),
    calls: [
      { name: 'Sent', tone: 'text-accent', values: buckets.map(({ sent }) => sent) },
      { name: 'Asked', tone: 'text-warn', values: buckets.map(({ asked }) => asked) },
      { name: 'Failed', tone: 'text-ink-soft', values: buckets.map(({ failed }) => failed) },
      { name: 'Denied', tone: 'text-bad', values: buckets.map(({ denied }) => denied) },
    ],
    latency: [
      { name: 'Half within', tone: 'text-accent', values: buckets.map(({ p50Ms }) => p50Ms) },
      { name: '95 % within', tone: 'text-warn', values: buckets.map(({ p95Ms }) => p95Ms) },
    ],
  }
}
