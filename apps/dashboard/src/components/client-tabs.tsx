import { CodeBlock } from './copy-button.tsx'
import { Tabs } from './tabs.tsx'

/** What is pasted into which client, in the order in which they are shown. */
const clients = {
  claude: ['Claude Code', 'In the project, in a terminal'],
  mcporter: ['mcporter', 'config/mcporter.json'],
  opencode: ['OpenCode', 'opencode.json'],
  json: ['Another client', 'JSON of its MCP servers'],
} as const

/** What to paste where, by client. */
export function ClientTabs({ snippets }: { snippets: { [Id in keyof typeof clients]?: string } }) {
  const tabs = Object.entries(clients).flatMap(([id, [label, where]]) => {
    const text = snippets[id as keyof typeof clients]
    return text === undefined
      ? []
      : [{ id, label, content: <CodeBlock label={where} text={text} /> }]
  })
  return <Tabs label="Client" tabs={tabs} />
}
