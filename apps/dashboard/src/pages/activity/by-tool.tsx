import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { type Input, query } from '../../api.ts'
import { TextLink } from '../../components/button.tsx'
import { TallyTable } from '../../components/chart/tally-table.tsx'

interface ByToolProps {
  /** Today and those before it, whole days. */
  readonly days: number
  readonly refetchMs: number
  /** Whose calls; all, unless said. */
  readonly of: Pick<Input<'getToolUsage'>, 'agentId' | 'connectionId'>
}

/** Which tools were called, the busiest first. Nothing where none was. */
export function ByTool({ days, refetchMs, of }: ByToolProps) {
  const { data } = useQuery({
    ...query('getToolUsage', { ...of, days }),
    refetchInterval: refetchMs,
    placeholderData: keepPreviousData,
  })
  if (data === undefined || data.tools.length === 0) return null
  return (
    <TallyTable
      title={days === 1 ? 'By tool, today' : `By tool, in ${days} days`}
      what="Tool"
      rows={data.tools}
      keyOf={({ toolId }) => toolId}
      name={({ toolId, toolset, name }) => (
        <TextLink to="/toolsets/tools/$toolId" params={{ toolId }}>
          {toolset}.{name}
        </TextLink>
      )}
    />
  )
}
