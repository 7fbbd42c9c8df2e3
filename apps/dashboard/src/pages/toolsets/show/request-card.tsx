import type { Tool, ToolBinding } from '@sallyport/contracts'
import type { ReactNode } from 'react'
import { TextLink } from '../../../components/button.tsx'
import { Card, Facts } from '../../../components/card.tsx'
import { ConnectionName } from '../../../components/names.tsx'
import { Time } from '../../../components/time.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { bindingRows } from './binding-words.ts'

const cellCharsShown = 120

/** What a call sends and with which key, and by which names the tool goes. */
export function RequestCard({ tool }: { tool: Tool }) {
  const { connectionId, binding, mcpName, digest, updatedAt } = tool
  return (
    <Card title={titles[binding.kind]}>
      <Facts
        items={[
          ...whatIsSent(tool),
          [
            'Connection',
            connectionId === undefined ? (
              'None: where it came from is gone, and calls are refused'
            ) : (
              <ConnectionName key="connection" connectionId={connectionId} />
            ),
          ],
          ...credentialOf(binding),
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

type Fact = readonly [name: string, value: ReactNode]
type Of<Kind extends ToolBinding['kind']> = Extract<ToolBinding, { kind: Kind }>

const titles = { http: 'What it sends', mcp: 'What it calls', sql: 'What it runs' } as const

/** What a call is, in the words of what is called. */
function whatIsSent(tool: Tool): readonly Fact[] {
  const { binding, method, url } = tool
  if (binding.kind === 'mcp') return serverFacts(binding)
  if (binding.kind === 'sql') return statementFacts(binding)
  return [
    ['Request', <UntrustedText key="request" mono text={`${method ?? ''} ${url ?? ''}`.trim()} />],
    ['Arguments go', <Places key="places" tool={tool} />],
  ]
}

const serverFacts = ({ tool, serverId }: Of<'mcp'>): readonly Fact[] => [
  [
    'Tool of',
    <TextLink key="server" to="/servers/$serverId" params={{ serverId }}>
      Its MCP server
    </TextLink>,
  ],
  ['Called there', <UntrustedText key="tool" inline mono text={tool} limit={200} />],
  ['Arguments go', 'To the tool as they are, once they fit its schema'],
]

const runWords = {
  statement: 'The statement of an owner',
  query: 'One SELECT of the agent’s own, parsed first',
  list_tables: 'Lists the tables',
  describe_table: 'Looks at the columns of a table',
} as const

function statementFacts(binding: Of<'sql'>): readonly Fact[] {
  const { sourceId, run, statement, parameters, writes } = binding
  return [
    [
      'Runs at',
      <TextLink key="database" to="/databases/$sourceId" params={{ sourceId }}>
        Its database
      </TextLink>,
    ],
    ['Runs', runWords[run]],
    ...(statement === undefined
      ? []
      : [
          [
            'Statement',
            <div key="statement" className="rounded-md bg-sunken px-3 py-2">
              <UntrustedText mono text={statement} limit={2_000} />
            </div>,
          ] as const,
        ]),
    ...(parameters.length === 0
      ? []
      : [['Bound to it', <Bound key="bound" parameters={parameters} />] as const]),
    [
      'May write',
      writes ? 'Yes: approved like any write' : 'No: it runs in a read-only transaction',
    ],
  ]
}

/** The parameters in the order of their places. */
function Bound({ parameters }: Pick<Of<'sql'>, 'parameters'>) {
  return (
    <ol className="grid gap-0.5">
      {parameters.map(({ name, type, items, agent, required }, index) => (
        <li key={name}>
          <span className="text-ink-soft">${index + 1}</span>{' '}
          <span className="font-mono text-[0.93em]">{name}</span>{' '}
          <span className="text-ink-soft">
            {agent === undefined
              ? `${type === 'array' ? `array of ${items ?? 'values'}` : type}${required ? '' : ', optional'}`
              : `the agent’s ${agent}, filled in by the vault`}
          </span>
        </li>
      ))}
    </ol>
  )
}

/** What a request signs in with. Servers and databases have their own. */
function credentialOf(binding: ToolBinding): readonly Fact[] {
  if (binding.kind !== 'http') return []
  return [
    [
      'Credential',
      binding.credential === 'none' ? 'None: the operation takes none' : 'The connection’s',
    ],
    ...(binding.response === undefined
      ? []
      : [['Answer', 'Shaped by a template of its source'] as const]),
  ]
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
