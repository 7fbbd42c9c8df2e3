import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { BarChart3 } from 'lucide-react'
import { useMemo, useState } from 'react'
import { type Output, query } from '../../../api.ts'
import { TextLink } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { Chart } from '../../../components/chart/chart.tsx'
import { SeriesTable } from '../../../components/chart/series-table.tsx'
import { TallyTable } from '../../../components/chart/tally-table.tsx'
import { seriesOfEnds, Totals } from '../../../components/chart/totals.tsx'
import { Field } from '../../../components/field.tsx'
import { Select } from '../../../components/input.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { AgentName } from '../../../components/names.tsx'
import { EmptyState, ErrorState } from '../../../components/states.tsx'

type Usage = Output<'getToolUsage'>

const refetchMs = 15_000
const daySeconds = 86_400
const spans = [
  [1, 'Last day'],
  [7, 'Last 7 days'],
  [31, 'Last 31 days'],
] as const

interface UsageTabProps {
  readonly of: { readonly toolsetId: string } | { readonly toolId: string }
}

/** How often tools were called, by whom, how it ended and how long it took. */
export function UsageTab({ of }: UsageTabProps) {
  const [days, setDays] = useState(7)
  const { data, error, refetch } = useQuery({
    ...query('getToolUsage', { ...of, days }),
    refetchInterval: refetchMs,
    placeholderData: keepPreviousData,
  })
  return (
    <div className="grid gap-4">
      <div className="max-w-44">
        <Field label="Time">
          {(aria) => (
            <Select {...aria} value={days} onChange={({ target }) => setDays(Number(target.value))}>
              {spans.map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      {error !== null && <ErrorState error={error} onRetry={refetch} />}
      {data === undefined ? (
        error === null && <LoadingState />
      ) : data.total.calls === 0 ? (
        <EmptyState title="No calls in this time" icon={<BarChart3 aria-hidden="true" />}>
          Agents’ calls show here as they happen. What you try yourself is not counted.
        </EmptyState>
      ) : (
        <Counted usage={data} isOne={'toolId' in of} />
      )}
    </div>
  )
}

function Counted({ usage, isOne }: { usage: Usage; isOne: boolean }) {
  const { total, tools, agents } = usage
  return (
    <>
      <Totals total={total} />
      <Days days={usage.days} />
      {!isOne && (
        <TallyTable
          title="By tool"
          what="Tool"
          rows={tools}
          keyOf={({ toolId }) => toolId}
          name={({ toolId, name }) => (
            <TextLink to="/toolsets/tools/$toolId" params={{ toolId }}>
              {name}
            </TextLink>
          )}
        />
      )}
      <TallyTable
        title="By agent"
        what="Agent"
        rows={agents}
        keyOf={({ agentId }) => agentId}
        name={({ agentId }) => <AgentName agentId={agentId} />}
      />
    </>
  )
}

function Days({ days }: { days: Usage['days'] }) {
  const { times, series } = useMemo(
    () => ({
      times: days.map(({ at }) => Date.parse(at) / 1000),
      series: seriesOfEnds(days),
    }),
    [days],
  )
  const common = { times, series, stepSeconds: daySeconds, unit: '' }
  return (
    <Card title="By day">
      <Chart label="Calls by day, by how they ended" stacked {...common} />
      <SeriesTable label="Calls by day" {...common} />
    </Card>
  )
}
