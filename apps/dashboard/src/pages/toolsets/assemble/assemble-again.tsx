import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { type Output, pages, query, useAction } from '../../../api.ts'
import { Button, LinkButton, TextLink } from '../../../components/button.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { ProblemNotice } from '../../../components/notice.tsx'
import { PageHeader } from '../../../components/page-header.tsx'
import { ErrorState } from '../../../components/states.tsx'
import { useToast } from '../../../components/toast.tsx'
import { assembledTools, type Chosen, chosenFaults } from './chosen.ts'
import { ChosenList } from './chosen-list.tsx'
import { ToolPicker } from './tool-picker.tsx'

type Tool = Output<'listTools'>['tools'][number]

/** Other tools for a toolset that was assembled. */
export function AssembleAgain({ toolsetId }: { toolsetId: string }) {
  const toolset = useQuery(query('getToolset', { toolsetId }))
  const tools = useInfiniteQuery(pages('listTools', { toolsetId, limit: 200 }))
  const { hasNextPage, fetchNextPage, isFetchingNextPage } = tools
  // Once they are all there: what is not listed would be taken out.
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  const error = toolset.error ?? tools.error
  if (error !== null) return <ErrorState error={error} onRetry={tools.refetch} />
  if (toolset.data === undefined || tools.data === undefined || hasNextPage) return <LoadingState />
  const { name } = toolset.data.toolset
  return (
    <>
      <PageHeader
        title={`The tools of ${name}`}
        description="A tool that is taken out goes with its grants; one that is added is had by agents that have the whole toolset."
        up={
          <TextLink to="/toolsets/$toolsetId" params={{ toolsetId }}>
            {name}
          </TextLink>
        }
      />
      <Assembling toolsetId={toolsetId} tools={tools.data.pages.flatMap((page) => page.tools)} />
    </>
  )
}

const chosenOf = ({ id, sourceToolId, name, description }: Tool): Chosen => ({
  toolId: sourceToolId ?? id,
  from: name,
  sourceName: name,
  name,
  description,
})

function Assembling({ toolsetId, tools }: { toolsetId: string; tools: readonly Tool[] }) {
  const [chosen, setChosen] = useState<readonly Chosen[]>(() => tools.map(chosenOf))
  const navigate = useNavigate()
  const toast = useToast()
  const update = useAction('updateToolset', {
    invalidates: ['tools', 'policies', 'agents'],
    onDone: () => {
      toast('Toolset changed')
      void navigate({ to: '/toolsets/$toolsetId', params: { toolsetId } })
    },
  })
  const isWhole = chosen.length > 0 && Object.keys(chosenFaults(chosen)).length === 0
  // The name of its own is told even where it is as it was: the source may be called otherwise.
  const assemble = () =>
    assembledTools(chosen).map((tool, index) => ({
      ...tool,
      name: tool.name ?? chosen[index]?.sourceName,
    }))
  return (
    <div className="grid gap-4">
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <ToolPicker chosen={chosen} onPick={(tool) => setChosen([...chosen, tool])} />
        <ChosenList chosen={chosen} onChange={setChosen} />
      </div>
      {update.error !== null && <ProblemNotice error={update.error} />}
      <div className="flex flex-wrap gap-2">
        <Button
          variant="primary"
          busy={update.isPending}
          disabled={!isWhole}
          onClick={() => update.mutate({ toolsetId, assemble: assemble() })}
        >
          Save
        </Button>
        <LinkButton to="/toolsets/$toolsetId" params={{ toolsetId }}>
          Cancel
        </LinkButton>
      </div>
    </div>
  )
}
