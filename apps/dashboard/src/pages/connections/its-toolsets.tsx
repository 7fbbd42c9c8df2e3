import { useQuery } from '@tanstack/react-query'
import { query } from '../../api.ts'
import { LinkButton, TextLink } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { formatWords } from '../../components/tools/format-words.ts'
import { useMay } from '../../session.ts'

/** A connection of more toolsets shows the newest. */
const listed = 200

interface ItsToolsetsProps {
  readonly connectionId: string
  /** It belongs to a server or a database, whose tools are its own. */
  readonly isOwned: boolean
}

/** The toolsets whose tools go with a connection. Nothing for who may not read them. */
export function ItsToolsets(props: ItsToolsetsProps) {
  return useMay('tools:read') ? <Listed {...props} /> : null
}

function Listed({ connectionId, isOwned }: ItsToolsetsProps) {
  const { data } = useQuery(query('listToolsets', { connectionId, limit: listed }))
  const mayWrite = useMay('tools:write')
  if (data === undefined) return null
  const { toolsets, nextCursor } = data
  return (
    <Card
      title="Tools"
      actions={
        mayWrite &&
        !isOwned && (
          <LinkButton size="sm" to="/toolsets/new" search={{ from: 'document', connectionId }}>
            Add tools
          </LinkButton>
        )
      }
      flush
    >
      {toolsets.length === 0 ? (
        <p className="px-5 py-4 text-ink-soft">
          No tools go with it. Agents use it by requests that they write themselves.
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {toolsets.map(({ id, name, format, toolCount, agentCount }) => (
            <li
              key={id}
              className="flex flex-wrap items-baseline justify-between gap-x-4 px-5 py-2.5"
            >
              <TextLink
                to="/toolsets/$toolsetId"
                params={{ toolsetId: id }}
                className="[overflow-wrap:anywhere]"
              >
                {name}
              </TextLink>
              <span className="text-[0.93rem] text-ink-soft">
                {formatWords[format]} · {toolCount.toLocaleString('en')}{' '}
                {toolCount === 1 ? 'tool' : 'tools'} ·{' '}
                {agentCount === 1 ? '1 agent' : `${agentCount} agents`}
              </span>
            </li>
          ))}
          {nextCursor !== undefined && (
            <li className="px-5 py-2.5 text-[0.93rem] text-ink-soft">
              These are the newest {listed}.
            </li>
          )}
        </ul>
      )}
    </Card>
  )
}
