import type { ToolSummary } from '@sallyport/contracts'
import { Badge } from '../badge.tsx'

type Said = Pick<ToolSummary, 'annotations' | 'deprecated' | 'status'>

/** What a tool does to the other side, and whether it can be called at all. */
export function ToolBadges({ tool: { annotations, deprecated, status } }: { tool: Said }) {
  return (
    <span className="flex flex-wrap gap-1">
      {annotations.readOnlyHint === true ? (
        <Badge>Reads</Badge>
      ) : (
        <Badge tone={annotations.destructiveHint === true ? 'warn' : 'neutral'}>Changes</Badge>
      )}
      {status === 'disabled' && <Badge tone="bad">Disabled</Badge>}
      {status === 'held' && <Badge tone="warn">Held</Badge>}
      {deprecated === true && <Badge tone="warn">Deprecated</Badge>}
    </span>
  )
}
