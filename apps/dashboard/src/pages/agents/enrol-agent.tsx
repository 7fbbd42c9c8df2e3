import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type EnrolledAgent, enrolAgentHere } from '../../agent-key.ts'
import { asProblem, type Output, query } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { ClientSnippets } from '../../components/client-snippets.tsx'
import { CodeBlock } from '../../components/copy-button.tsx'
import { Notice, ProblemNotice } from '../../components/notice.tsx'
import { Time } from '../../components/time.tsx'

interface EnrolAgentProps {
  /** What making the agent, or asking for a new code, answered. */
  readonly issued: Output<'issueBootstrapSecret'>
}

/** An enrolment code and what to do with it: a key made here and pasted, or the code for a program that makes its own. */
export function EnrolAgent({ issued }: EnrolAgentProps) {
  const [enrolled, setEnrolled] = useState<EnrolledAgent>()
  if (enrolled !== undefined) {
    return (
      <div className="grid gap-4">
        <Notice tone="good" alert title="It has its key.">
          <p>Paste this where the agent runs. It is shown only now.</p>
        </Notice>
        <ClientSnippets agent={enrolled} />
      </div>
    )
  }
  return <Unused issued={issued} onEnrolled={setEnrolled} />
}

interface UnusedProps extends EnrolAgentProps {
  readonly onEnrolled: (agent: EnrolledAgent) => void
}

function Unused({ issued, onEnrolled }: UnusedProps) {
  const { agent, bootstrapSecret, expiresAt } = issued
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const { data } = useQuery(query('getAgent', { agentId: agent.id }))
  const isTaken = data !== undefined && data.agent.keyThumbprint !== agent.keyThumbprint
  const makeKey = async () => {
    setBusy(true)
    setError(undefined)
    try {
      onEnrolled(await enrolAgentHere(bootstrapSecret))
    } catch (thrown) {
      setError(asProblem(thrown))
      setBusy(false)
    }
  }
  // While the key is being made here, the vault may tell of it before this page has its answer.
  if (isTaken && !isBusy) {
    return (
      <Notice tone="good" alert title="It has enrolled.">
        <p>The program has used the code and has its key.</p>
      </Notice>
    )
  }
  return (
    <div className="grid gap-5">
      <div className="grid justify-items-start gap-2">
        <h3 className="font-medium">For Claude Code, mcporter, OpenCode and other MCP clients</h3>
        <p className="text-[0.93rem] text-ink-soft">
          This browser makes the key, and you paste a configuration that has it.
        </p>
        {error !== undefined && <ProblemNotice error={error} />}
        <Button variant="primary" busy={isBusy} onClick={() => void makeKey()}>
          Make the key and show what to paste
        </Button>
      </div>
      <div className="grid gap-2">
        <h3 className="font-medium">For a program that makes its own key</h3>
        <CodeBlock label="Enrolment code" text={bootstrapSecret} />
        <p className="text-[0.87rem] text-ink-soft">
          It is shown only now and works once, until <Time at={expiresAt} exact />. The program
          sends it with its public key (ES256, as a JWK) to{' '}
          <code className="[overflow-wrap:anywhere]">
            POST {location.origin}/v1/agents/bootstrap
          </code>{' '}
          as bootstrapSecret and publicKey.
        </p>
      </div>
    </div>
  )
}
