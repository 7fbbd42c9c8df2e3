import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Activity } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { type Output, query } from '../../api.ts'
import { Card } from '../../components/card.tsx'
import { Chart } from '../../components/chart/chart.tsx'
import { SeriesTable } from '../../components/chart/series-table.tsx'
import { TallyTable } from '../../components/chart/tally-table.tsx'
import { seriesOfEnds, Totals } from '../../components/chart/totals.tsx'
import { Field } from '../../components/field.tsx'
import { Select } from '../../components/input.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { AgentName, ConnectionName } from '../../components/names.tsx'
import { NotForRole } from '../../components/not-for-role.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { EmptyState, ErrorState } from '../../components/states.tsx'
import { useMay } from '../../session.ts'
import { ByTool } from './by-tool.tsx'
import { rangeOf, ranges, spanOf } from './ranges.ts'

type Counts = Output<'getActivity'>

const route = getRouteApi('/frame/activity')

/** How much agents called, what was denied, and how long it took. */
export function ActivityPage() {
  const mayRead = useMay('audit:read')
  return (
    <>
      <PageHeader
        title="Activity"
        description="What agents called, what was denied, and how long it took."
        actions={mayRead && <Controls />}
      />
      {mayRead ? <Current /> : <NotForRole what="what agents did" scope="audit:read" />}
    </>
  )
}

function Current() {
  const { range: rangeId, agentId, connectionId } = route.useSearch()
  const range = rangeOf(rangeId)
  const input = {
    ...spanOf(range, useNow(range.refetchMs)),
    bucketMinutes: range.bucketMinutes,
    ...(agentId !== undefined && { agentId }),
    ...(connectionId !== undefined && { connectionId }),
  }
  const { data, error, refetch } = useQuery({
    ...query('getActivity', input),
    refetchInterval: range.refetchMs,
    placeholderData: keepPreviousData,
  })
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  return (
    <div className="grid gap-5">
      {error !== null && <ErrorState error={error} onRetry={refetch} />}
      <Content activity={data} stepSeconds={range.bucketMinutes * 60} />
      <ByTool
        days={range.days}
        refetchMs={range.refetchMs}
        of={{
          ...(agentId !== undefined && { agentId }),
          ...(connectionId !== undefined && { connectionId }),
        }}
      />
    </div>
  )
}

/** The time, now and then: the span that is shown moves on with it, whether or not anything was counted. */
function useNow(everyMs: number): number {
  const [nowMs, setNowMs] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return nowMs
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
    <div className="grid grid-cols-2 gap-3 max-sm:w-full sm:grid-cols-3">
      {choices.map(([name, label, value, options]) => (
        <div key={name} className="max-sm:first:col-span-2">
          <Field label={label}>
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
        </div>
      ))}
    </div>
  )
}

interface ContentProps {
  readonly activity: Counts
  /** From one point of the series to the next. */
  readonly stepSeconds: number
}

function Content({ activity, stepSeconds }: ContentProps) {
  return (
    <>
      <Totals total={activity.total} />
      {activity.total.calls === 0 ? (
        <EmptyState title="No calls in this time" icon={<Activity aria-hidden="true" />}>
          Agents’ calls show here as they happen.
        </EmptyState>
      ) : (
        <Counted activity={activity} stepSeconds={stepSeconds} />
      )}
    </>
  )
}

function Counted({ activity, stepSeconds }: ContentProps) {
  return (
    <>
      <Charts buckets={activity.buckets} stepSeconds={stepSeconds} />
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

interface ChartsProps {
  readonly buckets: Counts['buckets']
  readonly stepSeconds: number
}

function Charts({ buckets, stepSeconds }: ChartsProps) {
  const { times, calls, latency } = useMemo(() => seriesOf(buckets), [buckets])
  const common = { times, stepSeconds }
  return (
    <>
      <Card title="Calls">
        <Chart
          label="Calls over time, by how they ended"
          unit=""
          series={calls}
          stacked
          {...common}
        />
        <SeriesTable label="Calls over time" unit="" series={calls} {...common} />
      </Card>
      <Card title="How long calls took">
        <Chart label="How long calls took over time" unit=" ms" series={latency} {...common} />
        <SeriesTable label="How long calls took" unit=" ms" series={latency} {...common} />
      </Card>
    </>
  )
}

function seriesOf(buckets: Counts['buckets']) {
  return {
    times: buckets.map(({ at }) => Date.parse(at) / 1000),
    calls: seriesOfEnds(buckets),
    latency: [
      { name: 'Half within', tone: 'text-accent', values: buckets.map(({ p50Ms }) => p50Ms) },
      { name: '95 % within', tone: 'text-warn', values: buckets.map(({ p95Ms }) => p95Ms) },
    ],
  }
}
