import type { EnrolledAgent } from '../agent-key.ts'
import { CodeBlock } from './copy-button.tsx'
import { Notice } from './notice.tsx'
import { Tabs } from './tabs.tsx'

const serverName = 'sallyport'
const start = { command: 'npx', args: ['-y', 'sallyport-mcp'] }

const json = (value: unknown) => JSON.stringify(value, null, 2)

/** What an MCP client has to be given, for each client in its own form; the same as `sallyport connect` writes. */
export function snippetsOf({ agentId, privateKey }: EnrolledAgent, baseUrl: string) {
  const env = {
    SALLYPORT_BASE_URL: baseUrl,
    SALLYPORT_AGENT_ID: agentId,
    SALLYPORT_PRIVATE_KEY: btoa(JSON.stringify(privateKey)),
  }
  const variables = Object.entries(env).map(([name, value]) => `-e ${name}=${value}`)
  const standard = json({ mcpServers: { [serverName]: { ...start, env } } })
  const openCode = {
    type: 'local',
    command: [start.command, ...start.args],
    environment: env,
    enabled: true,
  }
  return {
    claude: ['claude mcp add', serverName, ...variables, '--', start.command, ...start.args].join(
      ' ',
    ),
    mcporter: standard,
    opencode: json({ mcp: { [serverName]: openCode } }),
    json: standard,
  }
}

/** What to paste where, with the agent's key in it. Shown once: the key is nowhere else. */
export function ClientSnippets({ agent }: { agent: EnrolledAgent }) {
  const snippets = snippetsOf(agent, location.origin)
  return (
    <div className="grid gap-4">
      <Tabs
        label="Client"
        tabs={[
          {
            id: 'claude',
            label: 'Claude Code',
            content: <CodeBlock label="In the project, in a terminal" text={snippets.claude} />,
          },
          {
            id: 'mcporter',
            label: 'mcporter',
            content: <CodeBlock label="config/mcporter.json" text={snippets.mcporter} />,
          },
          {
            id: 'opencode',
            label: 'OpenCode',
            content: <CodeBlock label="opencode.json" text={snippets.opencode} />,
          },
          {
            id: 'json',
            label: 'Another client',
            content: <CodeBlock label="JSON of its MCP servers" text={snippets.json} />,
          },
        ]}
      />
      <Notice tone="warn">
        <p>
          The agent’s own key is in it. It is shown only now, and whoever has it can act as this
          agent until you disable it. It opens nothing by itself: what the agent may do stands here.
        </p>
      </Notice>
    </div>
  )
}
