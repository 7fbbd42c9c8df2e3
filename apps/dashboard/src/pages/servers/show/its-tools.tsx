import type { McpServer } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { query } from '../../../api.ts'
import { Badge } from '../../../components/badge.tsx'
import { LinkButton, TextLink } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'

const toolsShown = 12
const nameCharsShown = 80

/** The first of its tools, and the way to all of them: who has them, and how they are tried. */
export function ItsTools({ server }: { server: McpServer }) {
  const { toolsetId, toolset, toolCount, heldCount } = server
  const { data } = useQuery(query('listTools', { toolsetId, limit: toolsShown }))
  const tools = data?.tools ?? []
  const more = toolCount + heldCount - tools.length
  return (
    <Card
      title={toolCount === 1 ? '1 tool' : `${toolCount.toLocaleString('en')} tools`}
      description={
        toolCount === 0 ? (
          'The vault reads them when it connects.'
        ) : (
          <>
            MCP clients list them as <code className="font-mono">mcp__{toolset}__…</code>. No agent
            has one before you grant it.
          </>
        )
      }
      actions={
        <>
          <LinkButton size="sm" to="/toolsets/$toolsetId" params={{ toolsetId }}>
            All tools
          </LinkButton>
          <LinkButton
            size="sm"
            to="/toolsets/$toolsetId"
            params={{ toolsetId }}
            search={{ tab: 'access' }}
          >
            Who has them
          </LinkButton>
        </>
      }
    >
      {tools.length > 0 && (
        <ul className="flex flex-wrap gap-x-4 gap-y-1">
          {tools.map(({ id, name, status }) => (
            <li key={id} className="min-w-0">
              <TextLink to="/toolsets/tools/$toolId" params={{ toolId: id }}>
                <UntrustedText inline mono text={name} limit={nameCharsShown} />
              </TextLink>
              {status === 'held' && (
                <>
                  {' '}
                  <Badge tone="warn">Held</Badge>
                </>
              )}
            </li>
          ))}
          {more > 0 && <li className="text-ink-soft">and {more.toLocaleString('en')} more</li>}
        </ul>
      )}
    </Card>
  )
}
