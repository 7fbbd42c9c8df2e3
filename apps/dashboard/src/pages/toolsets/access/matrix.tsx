import { useVirtualizer, type VirtualItem } from '@tanstack/react-virtual'
import { type KeyboardEvent, useRef, useState } from 'react'
import type { Output } from '../../../api.ts'
import { TextLink } from '../../../components/button.tsx'
import { type AgentRow, moveIn, type Place } from './matrix-cells.ts'
import { MatrixRow } from './matrix-row.tsx'
import type { Target } from './permission-dialog.tsx'

type MatrixTool = Output<'listTools'>['tools'][number]

const rowHeightPx = 48
const overscanRows = 10
/** A row that was scrolled to is drawn within so many frames. */
const framesMax = 10

interface MatrixProps {
  readonly toolsetName: string
  readonly connectionId: string | undefined
  readonly tools: readonly MatrixTool[]
  readonly agents: readonly AgentRow[]
  /** Undefined for who may only look. */
  readonly onOpen: ((row: AgentRow, target: Target) => void) | undefined
}

/** Tools down, agents across; the arrow keys move from cell to cell. */
export function Matrix(props: MatrixProps) {
  const { toolsetName, connectionId, tools, agents, onOpen } = props
  const ref = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: tools.length + 1,
    getScrollElement: () => ref.current,
    estimateSize: () => rowHeightPx,
    overscan: overscanRows,
  })
  const items = virtual.getVirtualItems()
  const { active, onKeyDown } = useArrows({
    ref,
    size: { rows: tools.length + 1, columns: agents.length },
    scrollTo: (row) => virtual.scrollToIndex(row),
  })
  return (
    <div
      ref={ref}
      className="relative max-h-[70dvh] overflow-auto rounded-lg border border-line bg-surface max-md:hidden"
    >
      <table
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: grids are tables in which the arrow keys move
        role="grid"
        aria-label="Who may call which tool"
        aria-rowcount={tools.length + 2}
        aria-colcount={agents.length + 1}
        className="w-full border-separate border-spacing-0"
        onKeyDown={onKeyDown}
      >
        <Head agents={agents} />
        <tbody>
          <Spacer items={items} heightPx={items[0]?.start ?? 0} />
          {items.map(({ index }) => {
            const tool = tools[index - 1]
            if (index > 0 && tool === undefined) return null
            return (
              <MatrixRow
                key={tool?.id ?? 'all'}
                index={index}
                tool={tool}
                target={
                  tool === undefined
                    ? { name: toolsetName, connectionId }
                    : { toolId: tool.id, name: tool.name, connectionId: tool.connectionId }
                }
                agents={agents}
                activeColumn={active[0] === index ? active[1] : undefined}
                onOpen={onOpen}
              />
            )
          })}
          <Spacer items={items} heightPx={virtual.getTotalSize() - (items.at(-1)?.end ?? 0)} />
        </tbody>
      </table>
    </div>
  )
}

function Head({ agents }: { agents: readonly AgentRow[] }) {
  return (
    <thead>
      <tr aria-rowindex={1}>
        <th
          scope="col"
          className="sticky top-0 left-0 z-20 min-w-64 border-b border-line bg-sunken px-4 py-2 text-left text-[0.87rem] font-normal text-ink-soft"
        >
          Tool
        </th>
        {agents.map(({ agent }) => (
          <th
            key={agent.id}
            scope="col"
            className="sticky top-0 z-10 max-w-52 min-w-44 border-b border-line bg-sunken px-3 py-2 text-left text-[0.87rem] font-medium"
          >
            <TextLink
              to="/agents/$agentId"
              params={{ agentId: agent.id }}
              title={agent.name}
              className="block truncate"
            >
              {agent.name}
            </TextLink>
          </th>
        ))}
      </tr>
    </thead>
  )
}

/** In the place of the rows that are not in the page. */
function Spacer({ items, heightPx }: { items: readonly VirtualItem[]; heightPx: number }) {
  if (heightPx <= 0 || items.length === 0) return null
  return (
    // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: this only takes room, and is no row of the grid
    <tr role="none">
      <td role="none" style={{ height: heightPx }} />
    </tr>
  )
}

interface Arrows {
  readonly ref: { readonly current: HTMLElement | null }
  readonly size: { readonly rows: number; readonly columns: number }
  readonly scrollTo: (row: number) => void
}

/** One cell can be reached by Tab; the arrows lead from it to the others. */
function useArrows({ ref, size, scrollTo }: Arrows) {
  const [place, setPlace] = useState<Place>([0, 0])
  const focus = ([row, column]: Place, frames = framesMax) => {
    const cell = ref.current?.querySelector<HTMLElement>(`[data-cell="${row}:${column}"]`)
    if (cell !== null && cell !== undefined) cell.focus()
    else if (frames > 0) requestAnimationFrame(() => focus([row, column], frames - 1))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const [row, column] = (event.target as HTMLElement).dataset.cell?.split(':').map(Number) ?? []
    if (row === undefined || column === undefined) return
    const next = moveIn(size, [row, column], event.key)
    if (next === undefined) return
    event.preventDefault()
    setPlace(next)
    scrollTo(next[0])
    focus(next)
  }
  // The cell may have gone with its agent or tool.
  const active: Place = [
    Math.min(place[0], size.rows - 1),
    Math.min(place[1], Math.max(0, size.columns - 1)),
  ]
  return { active, onKeyDown }
}
