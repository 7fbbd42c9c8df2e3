import type { Output } from '../../../api.ts'
import { TextLink } from '../../../components/button.tsx'
import { type AgentRow, cellOf } from './matrix-cells.ts'
import type { Target } from './permission-dialog.tsx'
import { PermissionText } from './permission-text.tsx'

interface MatrixRowProps {
  readonly index: number
  /** Undefined: the toolset as a whole. */
  readonly tool: Output<'listTools'>['tools'][number] | undefined
  readonly target: Target
  readonly agents: readonly AgentRow[]
  /** The column whose cell can be reached by Tab. */
  readonly activeColumn: number | undefined
  readonly onOpen: ((row: AgentRow, target: Target) => void) | undefined
}

/** One tool, or all of them, with what each agent may do. */
export function MatrixRow({ index, tool, target, agents, activeColumn, onOpen }: MatrixRowProps) {
  return (
    <tr aria-rowindex={index + 2} className="h-12">
      <th
        scope="row"
        className="sticky left-0 z-10 max-w-80 truncate border-b border-line bg-surface px-4 text-left font-medium"
      >
        {tool === undefined ? (
          'All tools'
        ) : (
          <TextLink
            to="/toolsets/tools/$toolId"
            params={{ toolId: tool.id }}
            title={tool.name}
            tabIndex={-1}
          >
            {tool.name}
          </TextLink>
        )}
      </th>
      {agents.map((row, column) => (
        <td key={row.agent.id} className="max-w-52 border-b border-line p-0">
          <Cell
            place={`${index}:${column}`}
            isReachable={activeColumn === column}
            row={row}
            target={target}
            onOpen={onOpen}
          />
        </td>
      ))}
    </tr>
  )
}

interface CellProps extends Pick<MatrixRowProps, 'target' | 'onOpen'> {
  readonly place: string
  readonly isReachable: boolean
  readonly row: AgentRow
}

function Cell({ place, isReachable, row, target, onOpen }: CellProps) {
  const cell = cellOf(row, target.toolId)
  const what = target.toolId === undefined ? 'All tools' : target.name
  return (
    <button
      type="button"
      data-cell={place}
      tabIndex={isReachable ? 0 : -1}
      aria-disabled={onOpen === undefined}
      onClick={() => onOpen?.(row, target)}
      className="flex h-12 w-full min-w-0 items-center px-3 text-left hover:bg-sunken focus-visible:-outline-offset-2 aria-disabled:cursor-default"
    >
      <span className="sr-only">
        {row.agent.name}, {what}:{' '}
      </span>
      <PermissionText {...cell} />
    </button>
  )
}
