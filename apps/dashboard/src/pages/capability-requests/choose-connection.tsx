import type { ReactNode } from 'react'
import { StatusBadge } from '../../components/badge.tsx'
import type { Detail } from './detail.ts'
import { isUsable } from './grant-draft.ts'

type Candidate = Detail['connections'][number]

interface ChooseConnectionProps {
  readonly connections: readonly Candidate[]
  readonly chosen: string | undefined
  readonly onChoose: (connectionId: string) => void
  readonly onAdd: ReactNode
}

/** Which account or key the agent is to act with. */
export function ChooseConnection({ connections, chosen, onChoose, onAdd }: ChooseConnectionProps) {
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1.5 text-[0.93rem] font-medium">Connection</legend>
      {connections.length === 0 && (
        <p className="text-ink-soft">There is no connection to this service yet.</p>
      )}
      {connections.map((connection) => (
        <label
          key={connection.id}
          className="flex cursor-pointer gap-3 rounded-md border border-line bg-surface px-3.5 py-2.5 hover:border-line-strong has-checked:border-accent has-checked:bg-accent-soft has-disabled:cursor-not-allowed has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
        >
          <input
            type="radio"
            name="connection"
            className="mt-1 size-4 accent-accent outline-none"
            checked={connection.id === chosen}
            disabled={!isUsable(connection)}
            onChange={() => onChoose(connection.id)}
          />
          <span className="grid min-w-0 gap-0.5">
            <span className="flex flex-wrap items-center gap-2 font-medium [overflow-wrap:anywhere]">
              {connection.label} <StatusBadge status={connection.status} />
            </span>
            {warningsOf(connection).map((warning) => (
              <span key={warning} className="text-[0.87rem] text-ink-soft">
                {warning}
              </span>
            ))}
          </span>
        </label>
      ))}
      <div>{onAdd}</div>
    </fieldset>
  )
}

function warningsOf({ status, policyId, missingScopes, originsCovered }: Candidate): string[] {
  return [
    ...(status === 'needs_reauth'
      ? ['It has to be connected again before the agent can use it.']
      : []),
    ...(originsCovered
      ? []
      : ['Its credential may not be sent where this goes: widen its origins first.']),
    ...(missingScopes.length === 0 ? [] : ['The account has not given all that this needs.']),
    ...(policyId === undefined
      ? []
      : ['The agent has a policy for it. This is added, and asks at least as often as that does.']),
  ]
}
