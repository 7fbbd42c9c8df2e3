import { useInfiniteQuery } from '@tanstack/react-query'
import { type Output, pages } from '../../api.ts'
import { Button, LinkButton, TextLink } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { ErrorState } from '../../components/states.tsx'
import { describePermission } from '../../components/tools/permission-words.ts'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { useMay } from '../../session.ts'
import { ToolListingField } from './tool-listing-field.tsx'

type Agent = Output<'getAgent'>['agent']
type AgentTool = Output<'listAgentTools'>['tools'][number]

const toolsPerPage = 20
const titleCharsShown = 100

/** The tools that an agent has, as it sees them, each with what the policy says of it. */
export function AgentTools({ agent }: { agent: Agent }) {
  return useMay('policies:read') ? <Listed agent={agent} /> : null
}

function Listed({ agent }: { agent: Agent }) {
  const list = useInfiniteQuery(pages('listAgentTools', { agentId: agent.id, limit: toolsPerPage }))
  const mayGrant = useMay('policies:write')
  const tools = list.data?.pages.flatMap((page) => page.tools)
  return (
    <Card
      title="Its tools"
      actions={
        mayGrant && (
          <LinkButton size="sm" to="/toolsets">
            Give it tools
          </LinkButton>
        )
      }
      flush
    >
      {tools === undefined ? (
        <div className="px-5 py-4">
          {list.error === null ? (
            <LoadingState lines={3} />
          ) : (
            <ErrorState error={list.error} onRetry={list.refetch} />
          )}
        </div>
      ) : tools.length === 0 ? (
        <p className="px-5 py-4 text-ink-soft">
          None. It is listed no tool and can call none until one is granted under Access of a
          toolset.
        </p>
      ) : (
        <ToolRows agentId={agent.id} tools={tools} />
      )}
      {list.hasNextPage && (
        <div className="border-t border-line px-5 py-3">
          <Button
            size="sm"
            busy={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Show more
          </Button>
        </div>
      )}
      {(tools?.length ?? 0) > 0 && <ToolListingField agent={agent} />}
    </Card>
  )
}

function ToolRows({ agentId, tools }: { agentId: string; tools: readonly AgentTool[] }) {
  const nowMs = Date.now()
  return (
    <ul className="divide-y divide-line">
      {tools.map(({ toolId, toolsetId, toolset, name, title, permission }) => (
        <li
          key={toolId}
          className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-0.5 px-5 py-2.5"
        >
          <div className="min-w-0 [overflow-wrap:anywhere]">
            <TextLink to="/toolsets/$toolsetId" params={{ toolsetId }} search={{ tab: 'access' }}>
              {toolset}
            </TextLink>
            .
            <TextLink
              to="/toolsets/tools/$toolId"
              params={{ toolId }}
              search={{ agentId }}
              className="font-medium"
            >
              {name}
            </TextLink>
            {title !== undefined && (
              <span className="block text-[0.87rem] text-ink-soft">
                <UntrustedText inline text={title} limit={titleCharsShown} />
              </span>
            )}
          </div>
          <span className="text-[0.93rem] text-ink-soft">
            {describePermission(permission, nowMs)}
            {permission.from === 'toolset' && <span> · with the whole toolset</span>}
          </span>
        </li>
      ))}
    </ul>
  )
}
