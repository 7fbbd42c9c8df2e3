import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type EnrolledAgent, enrolAgentHere } from '../../agent-key.ts'
import { asProblem, type Output, query, useAction } from '../../api.ts'
import { catalog } from '../../catalog.ts'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { ClientSnippets } from '../../components/client-snippets.tsx'
import { CodeBlock } from '../../components/copy-button.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import { FirstCall } from './first-call.tsx'

interface FirstCallStepProps {
  readonly connectionId: string
  readonly agentId: string
  /** Undefined after a reload: the key was shown once. */
  readonly enrolled: EnrolledAgent | undefined
  readonly onEnrolled: (agent: EnrolledAgent) => void
}

/** The third step: what to paste, and the page turns green when the agent calls. */
export function FirstCallStep(props: FirstCallStepProps) {
  const { connectionId, agentId, enrolled, onEnrolled } = props
  const { data } = useQuery(query('getConnection', { connectionId }))
  return (
    <div className="grid gap-4">
      <Card title="Paste this where your agent is">
        {enrolled === undefined ? (
          <NewKey agentId={agentId} onEnrolled={onEnrolled} />
        ) : (
          <ClientSnippets agent={enrolled} />
        )}
      </Card>
      <Card title="Then ask it for something">
        {data !== undefined && <CodeBlock label="For example" text={suggestion(data.connection)} />}
      </Card>
      <FirstCall agentId={agentId} />
    </div>
  )
}

/** Something harmless that the API surely has: the first path without a wildcard that its catalog entry reads. */
function suggestion({ service, label, origins }: Output<'getConnection'>['connection']): string {
  const reads = catalog
    .findService(service)
    ?.actions.flatMap(({ allow }) => allow)
    .filter(({ methods }) => methods.includes('GET'))
    .flatMap(({ origin, paths }) => paths.map((path) => origin + path))
    .find((url) => !url.includes('*'))
  const url = reads ?? `${origins[0] ?? ''}/`
  return `Use sallyport to GET ${url} with the connection “${label}”, and tell me what it says.`
}

function NewKey({ agentId, onEnrolled }: Pick<FirstCallStepProps, 'agentId' | 'onEnrolled'>) {
  const issue = useAction('issueBootstrapSecret')
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const renew = async () => {
    setBusy(true)
    setError(undefined)
    try {
      const { bootstrapSecret } = await issue.mutateAsync({ agentId })
      onEnrolled(await enrolAgentHere(bootstrapSecret))
    } catch (thrown) {
      setError(asProblem(thrown))
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className="grid justify-items-start gap-3">
      <p className="text-ink-soft">
        The agent’s key was shown once. If you have not pasted it, make a new one; the earlier one
        stops working.
      </p>
      {error !== undefined && <ProblemNotice error={error} />}
      <Button busy={busy} onClick={() => void renew()}>
        Make a new key
      </Button>
    </div>
  )
}
