import type { Alert } from '@sallyport/contracts'
import { alertNames } from './alert-words.ts'
import { Badge } from './badge.tsx'
import { TextLink } from './button.tsx'
import { UntrustedText } from './untrusted-text.tsx'

const sentenceCharsShown = 400

/** What an alert says, with the kind, the connection and what was done by itself. The sentence may name what an agent chose. */
export function AlertText({ alert }: { alert: Alert }) {
  const { kind, sentence, connection, agent, agentDisabled } = alert
  return (
    <div className="grid min-w-0 gap-1 whitespace-normal [overflow-wrap:anywhere]">
      <div className="flex flex-wrap items-center gap-1.5">
        <Badge tone={kind === 'limit_reached' ? 'neutral' : 'warn'}>{alertNames[kind]}</Badge>
        {agentDisabled && <Badge tone="bad">Agent was disabled</Badge>}
      </div>
      <div className="font-normal">
        <UntrustedText inline text={sentence} limit={sentenceCharsShown} />
      </div>
      {(connection !== undefined || agentDisabled) && (
        <div className="text-[0.87rem] font-normal text-ink-soft">
          {connection !== undefined && (
            <>
              By{' '}
              <TextLink to="/connections/$connectionId" params={{ connectionId: connection.id }}>
                {connection.label}
              </TextLink>
              {'. '}
            </>
          )}
          {agentDisabled && (
            <>
              It can be enabled again on{' '}
              <TextLink to="/agents/$agentId" params={{ agentId: agent.id }}>
                its page
              </TextLink>
              .
            </>
          )}
        </div>
      )}
    </div>
  )
}
