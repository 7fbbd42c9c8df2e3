import type { Alert } from '@sallyport/contracts'
import { alertNames } from './alert-words.ts'
import { Badge } from './badge.tsx'
import { TextLink } from './button.tsx'
import { UntrustedText } from './untrusted-text.tsx'

const sentenceCharsShown = 400
/** No alert looks further back than that from where it was raised. */
const lookedBackMs = 3_600_000
/** Entries of the last request may be written a moment after the alert. */
const slackMs = 60_000

interface AlertTextProps {
  readonly alert: Alert
  /** Name the agent: for lists of more than one. */
  readonly agent?: boolean
}

/** What an alert says: of whom, the kind, the connection and what was done by itself. The sentence may name what an agent chose. */
export function AlertText({ alert, agent: named = false }: AlertTextProps) {
  const { kind, sentence, connection, agent, agentDisabled } = alert
  return (
    <div className="grid min-w-0 gap-1 whitespace-normal [overflow-wrap:anywhere]">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        {named && (
          <TextLink to="/agents/$agentId" params={{ agentId: agent.id }} className="min-w-0">
            {agent.name}
          </TextLink>
        )}
        <Badge tone={kind === 'limit_reached' ? 'neutral' : 'warn'}>{alertNames[kind]}</Badge>
        {agentDisabled && <Badge tone="bad">Agent was disabled</Badge>}
      </div>
      <div className="font-normal">
        <UntrustedText inline text={sentence} limit={sentenceCharsShown} />
      </div>
      <div className="flex flex-wrap gap-x-4 gap-y-1 text-[0.87rem] font-normal text-ink-soft">
        {connection !== undefined && (
          <span className="min-w-0">
            Through{' '}
            <TextLink to="/connections/$connectionId" params={{ connectionId: connection.id }}>
              {connection.label}
            </TextLink>
          </span>
        )}
        <TextLink to="/audit" search={auditOf(alert)}>
          What it did
        </TextLink>
      </div>
    </div>
  )
}

/** The entries of the log that an alert is about, and those around them. */
function auditOf({ agent, connection, at, lastAt }: Alert) {
  return {
    agentId: agent.id,
    ...(connection !== undefined && { connectionId: connection.id }),
    from: new Date(Date.parse(at) - lookedBackMs).toISOString(),
    to: new Date(Date.parse(lastAt) + slackMs).toISOString(),
  }
}
