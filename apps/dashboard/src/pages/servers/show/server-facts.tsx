import type { McpServer } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { query } from '../../../api.ts'
import { TextLink } from '../../../components/button.tsx'
import { Card, Facts } from '../../../components/card.tsx'
import { Time } from '../../../components/time.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { transportWords } from '../server-words.ts'

type Line = [name: string, value: ReactNode]

const code = (text: string) => <UntrustedText mono text={text} limit={400} />

/** How it is run or reached, as an owner set it up. Values of headers and of the environment are never shown. */
export function ServerFacts({ server }: { server: McpServer }) {
  const { variables, connectionId } = server
  const lines: Line[] = [
    ['Transport', transportWords[server.transport]],
    ...(server.transport === 'stdio' ? programLines(server) : addressLines(server)),
    ...(variables.length === 0
      ? []
      : [['Variables', <Names key="variables" names={variables} />] as Line]),
    [
      'Waits',
      `${server.connectTimeoutSeconds} s to connect, ${server.readTimeoutSeconds} s for an answer`,
    ],
    [
      'Policies',
      <TextLink key="connection" to="/connections/$connectionId" params={{ connectionId }}>
        Of its connection
      </TextLink>,
    ],
    ['Id', <code key="id">{server.id}</code>],
    ['Added', <Time key="added" at={server.createdAt} exact />],
    ['Changed', <Time key="changed" at={server.updatedAt} exact />],
  ]
  return (
    <Card title="About">
      <Facts items={lines} />
    </Card>
  )
}

function programLines(server: McpServer): Line[] {
  const { command = '', args, cwd, env, permission, perAgent } = server
  return [
    ['Command', code(command)],
    ...(args.length === 0 ? [] : [['Arguments', <Lines key="args" texts={args} />] as Line]),
    ...(server.package === undefined ? [] : [['Package', code(server.package)] as Line]),
    ['Working directory', cwd === undefined ? 'Its own workspace' : code(cwd)],
    [
      'Files',
      permission === 'full'
        ? 'It may begin in any directory of the machine'
        : 'It begins in its own workspace',
    ],
    ['Environment', <Masked key="env" values={env} none="None but the usual few" />],
    ['Runs as', <RunsAs key="user" />],
    ['Processes', perAgent ? 'One for each agent' : 'One for all agents'],
  ]
}

/** Whether the program is held apart from the vault itself. */
function RunsAs() {
  const { data } = useQuery(query('getMcpPrograms', {}))
  if (data === undefined) return '…'
  return data.isolated ? (
    'A user of its own, who can read nothing of the vault’s'
  ) : (
    <span className="text-warn">
      The vault’s own user: it can read all that the vault can, its keys too
    </span>
  )
}

function addressLines({ url = '', headers }: McpServer): Line[] {
  return [
    ['Address', code(url)],
    ['Headers', <Masked key="headers" values={headers} none="None of its own" />],
  ]
}

const Lines = ({ texts }: { texts: readonly string[] }) =>
  texts.map((text, index) => <div key={index}>{code(text)}</div>)

function Masked({ values, none }: { values: Readonly<Record<string, string>>; none: string }) {
  const entries = Object.entries(values)
  if (entries.length === 0) return none
  return (
    <ul className="grid gap-0.5">
      {entries.map(([name, value]) => (
        <li key={name} className="font-mono text-[0.93em]">
          <UntrustedText inline text={name} limit={120} />{' '}
          <span className="text-ink-soft">{value}</span>
        </li>
      ))}
    </ul>
  )
}

function Names({ names }: { names: readonly string[] }) {
  return (
    <>
      <span className="font-mono text-[0.93em] [overflow-wrap:anywhere]">{names.join(', ')}</span>{' '}
      <TextLink to="/servers/variables" className="whitespace-nowrap">
        What they are
      </TextLink>
    </>
  )
}
