import { useState } from 'react'
import type { Output } from '../../../api.ts'
import { Button, TextLink } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { Dialog } from '../../../components/dialog.tsx'
import { Input } from '../../../components/input.tsx'
import { type AgentRow, cellOf } from './matrix-cells.ts'
import type { Target } from './permission-dialog.tsx'
import { PermissionText } from './permission-text.tsx'

type Tool = Output<'listTools'>['tools'][number]

const toolsOffered = 50

interface AgentCardsProps {
  readonly toolsetName: string
  readonly connectionId: string | undefined
  readonly tools: readonly Tool[]
  readonly agents: readonly AgentRow[]
  readonly onOpen: ((row: AgentRow, target: Target) => void) | undefined
}

/** The same for a narrow screen: an agent a card, with all tools and those that differ. */
export function AgentCards({ agents, ...rest }: AgentCardsProps) {
  return (
    <div className="grid gap-3 md:hidden">
      {agents.map((row) => (
        <AgentCard key={row.agent.id} row={row} {...rest} />
      ))}
    </div>
  )
}

type AgentCardProps = Omit<AgentCardsProps, 'agents'> & { readonly row: AgentRow }

function AgentCard({ row, toolsetName, connectionId, tools, onOpen }: AgentCardProps) {
  const [isPicking, setPicking] = useState(false)
  const { agent } = row
  const targetOf = (tool: Tool): Target => ({
    toolId: tool.id,
    name: tool.name,
    connectionId: tool.connectionId,
  })
  const differing = row.tools.flatMap(({ toolId }) => {
    const tool = tools.find(({ id }) => id === toolId)
    return tool === undefined ? [] : [tool]
  })
  return (
    <Card
      title={
        <TextLink
          to="/agents/$agentId"
          params={{ agentId: agent.id }}
          className="[overflow-wrap:anywhere]"
        >
          {agent.name}
        </TextLink>
      }
      flush
    >
      <ul className="divide-y divide-line">
        <CardRow row={row} target={{ name: toolsetName, connectionId }} onOpen={onOpen} />
        {differing.map((tool) => (
          <CardRow key={tool.id} row={row} target={targetOf(tool)} onOpen={onOpen} />
        ))}
        {onOpen !== undefined && (
          <li className="px-5 py-3">
            <Button size="sm" onClick={() => setPicking(true)}>
              A single tool
            </Button>
          </li>
        )}
      </ul>
      <Dialog title="Which tool?" open={isPicking} onClose={() => setPicking(false)}>
        <PickTool
          tools={tools}
          onPick={(tool) => {
            setPicking(false)
            onOpen?.(row, targetOf(tool))
          }}
        />
      </Dialog>
    </Card>
  )
}

interface CardRowProps {
  readonly row: AgentRow
  readonly target: Target
  readonly onOpen: AgentCardsProps['onOpen']
}

function CardRow({ row, target, onOpen }: CardRowProps) {
  const name = target.toolId === undefined ? 'All tools' : target.name
  const cell = cellOf(row, target.toolId)
  return (
    <li className="flex items-center justify-between gap-3 px-5 py-2.5">
      <div className="min-w-0">
        <div className="font-medium [overflow-wrap:anywhere]">{name}</div>
        <PermissionText {...cell} />
      </div>
      {onOpen !== undefined && (
        <Button
          size="sm"
          aria-label={`Change ${name} for ${row.agent.name}`}
          onClick={() => onOpen(row, target)}
        >
          Change
        </Button>
      )}
    </li>
  )
}

interface PickToolProps {
  readonly tools: readonly Tool[]
  readonly onPick: (tool: Tool) => void
}

function PickTool({ tools, onPick }: PickToolProps) {
  const [search, setSearch] = useState('')
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const found = tools.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
  return (
    <div className="grid gap-3">
      <Input
        type="search"
        aria-label="Search by name"
        placeholder="Search by name"
        value={search}
        onChange={({ target }) => setSearch(target.value)}
      />
      <ul className="grid max-h-[50dvh] gap-1 overflow-y-auto">
        {found.slice(0, toolsOffered).map((tool) => (
          <li key={tool.id}>
            <Button
              variant="quiet"
              className="w-full justify-start! text-left whitespace-normal! [overflow-wrap:anywhere]"
              onClick={() => onPick(tool)}
            >
              {tool.name}
            </Button>
          </li>
        ))}
      </ul>
      {found.length > toolsOffered && (
        <p className="text-[0.87rem] text-ink-soft">
          And {(found.length - toolsOffered).toLocaleString('en')} more: search for one.
        </p>
      )}
      {found.length === 0 && <p className="text-ink-soft">None is called so.</p>}
    </div>
  )
}
