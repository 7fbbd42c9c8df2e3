import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useDeferredValue, useEffect, useState } from 'react'
import { type Output, pages } from '../../../api.ts'
import { Field } from '../../../components/field.tsx'
import { Input, Select } from '../../../components/input.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { useAllAgents } from '../../../components/pick-lists.ts'
import { ErrorState } from '../../../components/states.tsx'
import { useMay } from '../../../session.ts'
import { AgentCards } from './agent-cards.tsx'
import { Matrix } from './matrix.tsx'
import { type AgentRow, hasAny } from './matrix-cells.ts'
import { PermissionDialog, type Target } from './permission-dialog.tsx'

type Toolset = Output<'getToolset'>['toolset']

const listed = 200

interface Opened {
  readonly agentId: string
  readonly target: Target
}

/** Who may call which tool: agents that have anything of the toolset, and whoever is added. */
export function AccessTab({ toolset }: { toolset: Toolset }) {
  const mayWrite = useMay('policies:write')
  const { rows, error, refetch } = useRows(toolset.id)
  const [typed, setTyped] = useState('')
  const tools = useTools(toolset.id, useDeferredValue(typed.trim()))
  const [added, setAdded] = useState<readonly string[]>([])
  const [opened, setOpened] = useState<Opened>()
  if (rows === undefined || tools === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const shown = rows.filter((row) => hasAny(row) || added.includes(row.agent.id))
  const onOpen = mayWrite
    ? ({ agent }: AgentRow, target: Target) => setOpened({ agentId: agent.id, target })
    : undefined
  const common = {
    toolsetName: toolset.name,
    connectionId: toolset.connection?.id,
    tools,
    agents: shown,
    onOpen,
  }
  const row = rows.find(({ agent }) => agent.id === opened?.agentId)
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div className="w-full max-w-md">
          <Input
            type="search"
            aria-label="Search in the tools"
            placeholder="Search in the tools"
            maxLength={200}
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
          />
        </div>
        {mayWrite && (
          <AddAgent
            shown={shown}
            onAdd={(agentId) => {
              setAdded([...added, agentId])
              setOpened({
                agentId,
                target: { name: toolset.name, connectionId: toolset.connection?.id },
              })
            }}
          />
        )}
      </div>
      {shown.length === 0 ? (
        <p className="text-ink-soft">
          No agent has any of these tools: they are listed to nobody, and calls are refused.
        </p>
      ) : (
        <>
          <Matrix {...common} />
          <AgentCards {...common} />
        </>
      )}
      {opened !== undefined && row !== undefined && (
        <PermissionDialog
          key={`${opened.agentId} ${opened.target.toolId}`}
          toolsetId={toolset.id}
          row={row}
          target={opened.target}
          onClose={() => setOpened(undefined)}
        />
      )}
    </div>
  )
}

/** All agents with what they may do; those that have nothing are there to be added. */
function useRows(toolsetId: string) {
  const list = useInfiniteQuery(pages('listToolsetPermissions', { toolsetId, limit: listed }))
  const { hasNextPage, fetchNextPage, isFetchingNextPage } = list
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  const known = list.data?.pages.flatMap((page) => page.permissions)
  const agents = useAllAgents().data ?? []
  const ids = new Set(known?.map(({ agent }) => agent.id))
  const others = agents
    .filter(({ id }) => !ids.has(id))
    .map((agent): AgentRow => ({ agent, toolset: { allowed: false, from: 'none' }, tools: [] }))
  const rows = known === undefined ? undefined : [...known, ...others]
  return { rows, error: list.error, refetch: list.refetch }
}

/** All that fit, up to the bound of a toolset: page after page, while those that are there are shown. */
function useTools(toolsetId: string, search: string) {
  const list = useInfiniteQuery({
    ...pages('listTools', { toolsetId, limit: listed, ...(search !== '' && { search }) }),
    placeholderData: keepPreviousData,
  })
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  return list.data?.pages.flatMap((page) => page.tools)
}

interface AddAgentProps {
  readonly shown: readonly AgentRow[]
  readonly onAdd: (agentId: string) => void
}

function AddAgent({ shown, onAdd }: AddAgentProps) {
  const { data: agents = [] } = useAllAgents()
  const others = agents.filter(({ id }) => !shown.some(({ agent }) => agent.id === id))
  if (others.length === 0) return null
  return (
    <div className="w-full max-w-60">
      <Field label="Give tools to">
        {(aria) => (
          <Select {...aria} value="" onChange={({ target }) => onAdd(target.value)}>
            <option value="">Choose an agent</option>
            {others.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </div>
  )
}
