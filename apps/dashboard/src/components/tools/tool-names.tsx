import { useQuery } from '@tanstack/react-query'
import { query } from '../../api.ts'
import { TextLink } from '../button.tsx'

/** What a toolset is called, as a link to who may call its tools; its id where it is gone. */
export function ToolsetName({ toolsetId }: { toolsetId: string }) {
  const { data } = useQuery(query('getToolset', { toolsetId }))
  if (data === undefined) return <Gone id={toolsetId} />
  return (
    <TextLink to="/toolsets/$toolsetId" params={{ toolsetId }} search={{ tab: 'access' }}>
      {data.toolset.name}
    </TextLink>
  )
}

/** What a tool is called within its toolset, as a link to it; its id where it is gone. */
export function ToolName({ toolId }: { toolId: string }) {
  const { data } = useQuery(query('getTool', { toolId }))
  if (data === undefined) return <Gone id={toolId} />
  return (
    <TextLink to="/toolsets/tools/$toolId" params={{ toolId }}>
      {data.tool.name}
    </TextLink>
  )
}

function Gone({ id }: { id: string }) {
  return <span className="font-mono text-[0.87em] text-ink-soft">{id}</span>
}
