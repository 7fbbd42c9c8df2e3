import { useQuery } from '@tanstack/react-query'
import type { EnrolledAgent } from '../agent-key.ts'
import { type Output, query } from '../api.ts'
import { ClientTabs } from './client-tabs.tsx'
import { LoadingState } from './loading-state.tsx'
import { Notice } from './notice.tsx'
import { snippetsOf } from './snippets-of.ts'
import { ErrorState } from './states.tsx'

/** What to paste where, with the agent's key in it. Shown once: the key is nowhere else. */
export function ClientSnippets({ agent }: { agent: EnrolledAgent }) {
  const { data, error, refetch } = useQuery(query('getClientSetup', {}))
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  return <Snippets agent={agent} setup={data} />
}

interface SnippetsProps {
  readonly agent: EnrolledAgent
  readonly setup: Output<'getClientSetup'>
}

function Snippets({ agent, setup }: SnippetsProps) {
  const snippets = snippetsOf(agent, setup)
  return (
    <div className="grid gap-4">
      <ClientTabs snippets={snippets} />
      <Notice tone="warn">
        <p>
          The agent’s own key is in it. It is shown only now, and whoever has it can act as this
          agent until you disable it. It opens nothing by itself: what the agent may do stands here.
        </p>
      </Notice>
    </div>
  )
}
