import { createAgent, httpMethods, type PolicyDocument } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { type EnrolledAgent, enrolAgentHere } from '../../agent-key.ts'
import { type Input, type Output, query, useAction } from '../../api.ts'
import { Card } from '../../components/card.tsx'
import { Form } from '../../components/form.tsx'
import { TextField } from '../../components/form-fields.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { RadioCards } from '../../components/radio-cards.tsx'
import { ErrorState } from '../../components/states.tsx'

type Approval = PolicyDocument['approval']

const approvals = [
  {
    value: 'writes',
    label: 'Ask me before it changes anything',
    description: 'It reads freely. What could change something waits for you.',
  },
  {
    value: 'always',
    label: 'Ask me before everything',
    description: 'Each request waits for you, reading too.',
  },
  {
    value: 'never',
    label: 'Do not ask me',
    description: 'Everything is recorded, nothing waits.',
  },
] as const

interface AgentStepProps {
  readonly connectionId: string
  readonly onDone: (agent: EnrolledAgent) => void
}

/** The second step: an agent with a key of its own, and what it may do with the connection. */
export function AgentStep({ connectionId, onDone }: AgentStepProps) {
  const { data, error, refetch } = useQuery(query('getConnection', { connectionId }))
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  return <AgentForm connection={data.connection} onDone={onDone} />
}

interface AgentFormProps {
  readonly connection: Output<'getConnection'>['connection']
  readonly onDone: (agent: EnrolledAgent) => void
}

function AgentForm({ connection, onDone }: AgentFormProps) {
  const [approval, setApproval] = useState<Approval>('writes')
  // Kept over a try that failed half-way, so that the next one makes no second agent.
  const made = useRef<Output<'createAgent'>>(undefined)
  const addAgent = useAction('createAgent')
  const addPolicy = useAction('createPolicy')
  const submit = async (input: Input<'createAgent'>) => {
    made.current ??= await addAgent.mutateAsync(input)
    const { agent, bootstrapSecret } = made.current
    await addPolicy
      .mutateAsync({
        agentId: agent.id,
        connectionId: connection.id,
        approval,
        allow: connection.origins.map((origin) => ({
          origin,
          methods: [...httpMethods],
          paths: ['/**'],
        })),
      })
      .catch((thrown: unknown) => {
        if (!isThereAlready(thrown)) throw thrown
      })
    onDone(await enrolAgentHere(bootstrapSecret))
  }
  return (
    <Card
      title="Who is to act?"
      description={`It may reach ${connection.origins.join(', ')} through “${connection.label}”. You can narrow that later.`}
    >
      <Form
        schema={createAgent.input}
        defaults={{ name: 'Claude Code' }}
        onSubmit={submit}
        submitLabel="Connect it"
      >
        <TextField name="name" label="Name of the agent" autoComplete="off" autoFocus />
        <RadioCards
          legend="When are you asked?"
          value={approval}
          options={approvals}
          onChange={setApproval}
        />
      </Form>
    </Card>
  )
}

const isThereAlready = (thrown: unknown) =>
  thrown instanceof Error && 'type' in thrown && thrown.type === 'policy-exists'
