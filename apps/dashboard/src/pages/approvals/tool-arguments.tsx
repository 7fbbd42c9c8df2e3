import { useQuery } from '@tanstack/react-query'
import { query } from '../../api.ts'
import { useMay } from '../../session.ts'
import { Pairs } from './pairs.tsx'
import { pathArguments } from './path-arguments.ts'

interface ToolArgumentsProps {
  readonly toolId: string
  /** Of the exact request. */
  readonly url: string
}

/** What of a tool's arguments stands in the path, by name; query and body say the names of theirs. */
export function ToolArguments(props: ToolArgumentsProps) {
  return useMay('tools:read') ? <InPath {...props} /> : null
}

const noMarks = new Map()

function InPath({ toolId, url }: ToolArgumentsProps) {
  const { data } = useQuery(query('getTool', { toolId }))
  if (data === undefined || !URL.canParse(url)) return null
  const { binding } = data.tool
  if (binding.kind !== 'http') return null
  const found = pathArguments(binding.path, new URL(url).pathname)
  if (found.length === 0) return null
  return (
    <div className="grid gap-1">
      <h3 className="text-[0.93rem] font-semibold">In the path</h3>
      <Pairs label="Arguments in the path" pairs={found} marks={noMarks} part="query" />
    </div>
  )
}
