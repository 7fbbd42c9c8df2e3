import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { query } from '../../api.ts'
import { ClientTabs } from '../../components/client-tabs.tsx'
import { CodeBlock } from '../../components/copy-button.tsx'
import { Field } from '../../components/field.tsx'
import { Select } from '../../components/input.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { Notice } from '../../components/notice.tsx'
import { ErrorState } from '../../components/states.tsx'
import { mcpSnippets } from './mcp-snippets.ts'

interface ConsumerTokenSetupProps {
  readonly agentId: string
  readonly token: string
}

const toolsRead = 200

/** The token, and what to paste into which client: for all tools of the agent, or for those of one toolset. */
export function ConsumerTokenSetup({ agentId, token }: ConsumerTokenSetupProps) {
  const setup = useQuery(query('getClientSetup', {}))
  const tools = useQuery(query('listAgentTools', { agentId, limit: toolsRead }))
  const [toolset, setToolset] = useState('')
  if (setup.data === undefined) {
    return setup.error === null ? (
      <LoadingState />
    ) : (
      <ErrorState error={setup.error} onRetry={setup.refetch} />
    )
  }
  const toolsets = [...new Set(tools.data?.tools.map((tool) => tool.toolset))]
  const snippets = mcpSnippets({
    vaultUrl: setup.data.vaultUrl,
    token,
    ...(toolset !== '' && { toolset }),
  })
  return (
    <div className="grid gap-4">
      <Notice tone="warn">
        <p>It is shown only now. Put it where the client keeps its secrets, and nowhere else.</p>
      </Notice>
      <CodeBlock label="Token" text={token} />
      {toolsets.length > 0 && (
        <Field label="Tools">
          {(aria) => (
            <Select {...aria} value={toolset} onChange={({ target }) => setToolset(target.value)}>
              <option value="">All of the agent’s</option>
              {toolsets.map((name) => (
                <option key={name} value={name}>
                  {name} alone
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
      <ClientTabs snippets={snippets} />
    </div>
  )
}
