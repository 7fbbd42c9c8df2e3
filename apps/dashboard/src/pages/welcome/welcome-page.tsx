import { getRouteApi } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import { useState } from 'react'
import type { EnrolledAgent } from '../../agent-key.ts'
import { TextLink } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { PageHeader } from '../../components/page-header.tsx'
import { AgentStep } from './agent-step.tsx'
import { ConnectionStep } from './connection-step.tsx'
import { FirstCallStep } from './first-call-step.tsx'

const route = getRouteApi('/frame/welcome')
const steps = ['Keep a key', 'Connect an agent', 'See its first call'] as const

/** The way from an empty vault to an agent's first call. Where somebody is on it stands in the address. */
export function WelcomePage() {
  const { connectionId, agentId } = route.useSearch()
  const navigate = route.useNavigate()
  // The key is kept nowhere else: after a reload a new one is made.
  const [enrolled, setEnrolled] = useState<EnrolledAgent>()
  const at = connectionId === undefined ? 0 : agentId === undefined ? 1 : 2
  return (
    <>
      <PageHeader
        // Each step is a page of its own to whoever cannot see it change.
        key={at}
        title="Welcome to Sallyport"
        description="Three steps, and an agent acts with a key that it never sees."
        actions={<TextLink to="/approvals">Skip</TextLink>}
      />
      <Progress at={at} />
      {connectionId === undefined && (
        <ConnectionStep onDone={(id) => void navigate({ search: { connectionId: id } })} />
      )}
      {connectionId !== undefined && agentId === undefined && (
        <AgentStep
          connectionId={connectionId}
          onDone={(agent) => {
            setEnrolled(agent)
            void navigate({ search: { connectionId, agentId: agent.agentId } })
          }}
        />
      )}
      {connectionId !== undefined && agentId !== undefined && (
        <FirstCallStep
          connectionId={connectionId}
          agentId={agentId}
          enrolled={enrolled}
          onEnrolled={setEnrolled}
        />
      )}
    </>
  )
}

function Progress({ at }: { at: number }) {
  return (
    <ol className="mb-6 flex flex-wrap gap-x-6 gap-y-2">
      {steps.map((step, index) => (
        <li
          key={step}
          aria-current={index === at ? 'step' : undefined}
          className={classes(
            'flex items-center gap-2 text-[0.93rem]',
            index === at ? 'font-medium' : 'text-ink-soft',
          )}
        >
          <span
            aria-hidden="true"
            className={classes(
              'grid size-6 place-items-center rounded-full text-[0.8rem] font-semibold',
              index <= at ? 'bg-accent text-on-accent' : 'border border-line-strong',
            )}
          >
            {index < at ? <Check className="size-3.5" strokeWidth={3} /> : index + 1}
          </span>
          {step}
          {index < at && <span className="sr-only"> (done)</span>}
        </li>
      ))}
    </ol>
  )
}
