import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { query } from '../../api.ts'
import { TextLink } from '../../components/button.tsx'
import { TallyTable } from '../../components/chart/tally-table.tsx'

interface ByToolProps {
  /** Today and those before it, whole days. */
  readonly days: number
  readonly refetchMs: number
}

/** Which tools were called, the busiest first. Nothing where none was. */
export function ByTool({ days, refetchMs }: ByToolProps) {
  const { data } = useQuery({
    ...query('getToolUsage', { days }),
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
