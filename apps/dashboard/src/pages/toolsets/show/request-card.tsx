import type { Tool } from '@sallyport/contracts'
import { Card, Facts } from '../../../components/card.tsx'
import { ConnectionName } from '../../../components/names.tsx'
import { Time } from '../../../components/time.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { bindingRows } from './binding-words.ts'

const cellCharsShown = 120

/** What a call sends and with which key, and by which names the tool goes. */
export function RequestCard({ tool }: { tool: Tool }) {
  const { method, url, connectionId, binding, mcpName, digest, updatedAt } = tool
  return (
    <Card title="What it sends">
      <Facts
        items={[
          [
            'Request',
            <UntrustedText key="request" mono text={`${method ?? ''} ${url ?? ''}`.trim()} />,
          ],
          ['Arguments go', <Places key="places" tool={tool} />],
          [
            'Connection',
            connectionId === undefined ? (
              'None: where it came from is gone, and calls are refused'
            ) : (
              <ConnectionName key="connection" connectionId={connectionId} />
            ),
          ],
          [
            'Credential',
            binding.credential === 'none' ? 'None: the operation takes none' : 'The connection’s',
          ],
          ...(binding.response === undefined
            ? []
            : [['Answer', 'Shaped by a template of its source'] as const]),
          [
            'In MCP lists',
            <code key="mcp" className="font-mono text-[0.87rem]">
              {mcpName}
            </code>,
          ],
          [
            'SHA-256',
            <code key="digest" className="font-mono text-[0.87rem]">
              {digest}
            </code>,
          ],
          ['Changed', <Time key="changed" at={updatedAt} exact />],
        ]}
      />
    </Card>
  )
}

function Places({ tool: { binding } }: { tool: Tool }) {
  const rows = bindingRows(binding)
  if (rows.length === 0) return 'Nowhere: each call sends the same'
  return (
    <ul
      aria-label="Where the arguments go"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
      tabIndex={0}
      className="grid max-h-64 gap-0.5 overflow-y-auto text-[0.93rem]"
    >
      {rows.map(([place, name, from], index) => (
        <li key={index}>
          <span className="text-ink-soft">{place}</span>{' '}
          <UntrustedText inline mono text={name} limit={cellCharsShown} />
          {from !== name && (
            <span className="text-ink-soft">
              {' '}
              <UntrustedText
                inline
                mono
                text={from.startsWith('=') ? from : `← ${from}`}
                limit={cellCharsShown}
              />
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}
