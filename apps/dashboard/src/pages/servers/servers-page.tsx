import type { McpServer } from '@sallyport/contracts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Braces, ClipboardPaste, Plus, RefreshCw, Server } from 'lucide-react'
import { pages, useAction } from '../../api.ts'
import { Badge } from '../../components/badge.tsx'
import { Button, LinkButton, TextLink } from '../../components/button.tsx'
import type { Column } from '../../components/column.ts'
import { DataTable } from '../../components/data-table.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { NotForRole } from '../../components/not-for-role.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { EmptyState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useToast } from '../../components/toast.tsx'
import { useMay } from '../../session.ts'
import { ServerBadge } from './server-badge.tsx'
import { ServerSwitch } from './server-switch.tsx'
import { placeOf, standingOf, transportWords } from './server-words.ts'

const lineCharsShown = 160
const placeCharsShown = 60

const UntrustedText = lazyPart(
  async () => (await import('../../components/untrusted-text.tsx')).UntrustedText,
)

const columnsFor = (mayWrite: boolean): readonly Column<McpServer>[] => [
  {
    id: 'name',
    header: 'Name',
    width: '2fr',
    primary: true,
    cell: (server) => (
      <>
        <TextLink
          to="/servers/$serverId"
          params={{ serverId: server.id }}
          title={server.name}
          className="[overflow-wrap:anywhere]"
        >
          {server.name}
        </TextLink>
        <Below server={server} />
      </>
    ),
  },
  {
    id: 'place',
    header: 'Where',
    width: '1.9fr',
    cell: (server) => (
      <div className="min-w-0">
        <div>{transportWords[server.transport]}</div>
        <div className="truncate text-[0.87rem] text-ink-soft">
          <UntrustedText inline mono limit={placeCharsShown} text={placeOf(server)} />
        </div>
      </div>
    ),
  },
  {
    id: 'status',
    header: 'Status',
    width: '9.5rem',
    cell: (server) => <ServerBadge server={server} />,
  },
  {
    id: 'tools',
    header: 'Tools',
    width: '6.5rem',
    cell: ({ toolCount, heldCount }) => (
      <span className="flex flex-wrap items-center gap-1.5">
        {toolCount.toLocaleString('en')}
        {heldCount > 0 && <Badge tone="warn">{heldCount.toLocaleString('en')} held</Badge>}
      </span>
    ),
  },
  {
    id: 'connected',
    header: 'Connected',
    width: '7rem',
    cell: ({ lastConnectedAt }) =>
      lastConnectedAt === undefined ? 'Never' : <Time at={lastConnectedAt} />,
  },
  ...(mayWrite
    ? [
        {
          id: 'on',
          header: 'On',
          width: '3.5rem',
          cell: (server: McpServer) => <ServerSwitch server={server} />,
        },
      ]
    : []),
]

/** Why it does not work, where it does not; else what it is for. */
function Below({ server }: { server: McpServer }) {
  const [tone] = standingOf(server)
  const fails = tone === 'bad' || tone === 'warn'
  const text = fails ? (server.lastError ?? server.description) : server.description
  if (text === undefined || text === '') return null
  return (
    <div className="line-clamp-2 text-[0.87rem] font-normal whitespace-normal text-ink-soft">
      <UntrustedText inline limit={lineCharsShown} text={text} />
    </div>
  )
}

/** The MCP servers behind the vault: how each stands, and what it has. */
export function ServersPage() {
  const mayRead = useMay('tools:read')
  const mayWrite = useMay('tools:write')
  return (
    <>
      <PageHeader
        title="Servers"
        description="MCP servers behind the vault, whose tools agents are granted one by one."
        actions={
          mayWrite && (
            <LinkButton variant="primary" to="/servers/new">
              <Plus aria-hidden="true" /> Add a server
            </LinkButton>
          )
        }
      />
      {mayRead ? (
        <List mayWrite={mayWrite} />
      ) : (
        <NotForRole what="MCP servers" scope="tools:read" />
      )}
    </>
  )
}

function List({ mayWrite }: { mayWrite: boolean }) {
  const list = useInfiniteQuery(pages('listMcpServers', { limit: 200 }))
  const mayReadVariables = useMay('connections:read')
  const isNothing = list.data?.pages[0]?.servers.length === 0
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap justify-end gap-2">
        {mayReadVariables && (
          <LinkButton size="sm" to="/servers/variables">
            <Braces aria-hidden="true" /> Variables
          </LinkButton>
        )}
        {mayWrite && list.data !== undefined && !isNothing && <RefreshAll />}
      </div>
      <DataTable
        label="MCP servers"
        list={list}
        rowsOf={(page) => page.servers}
        keyOf={(server) => server.id}
        columns={columnsFor(mayWrite)}
        empty={<Nothing mayWrite={mayWrite} />}
      />
    </div>
  )
}

/** Connects anew to all that are on; each serves on meanwhile. */
function RefreshAll() {
  const toast = useToast()
  const refresh = useAction('refreshMcpServers', {
    invalidates: ['toolsets', 'tools'],
    onDone: ({ servers }) => {
      const failed = servers.filter(({ enabled, status }) => enabled && status !== 'connected')
      if (failed.length === 0) toast('All servers that are on are connected')
      else
        toast(
          `${failed.length === 1 ? 'One server is' : `${failed.length} are`} not connected`,
          'bad',
        )
    },
  })
  return (
    <Button
      size="sm"
      busy={refresh.isPending}
      onClick={() => refresh.mutate({}, { onError: ({ detail }) => toast(detail, 'bad') })}
    >
      {!refresh.isPending && <RefreshCw aria-hidden="true" />} Refresh all
    </Button>
  )
}

function Nothing({ mayWrite }: { mayWrite: boolean }) {
  return (
    <EmptyState
      title="No servers yet"
      icon={<Server aria-hidden="true" />}
      action={
        mayWrite && (
          <div className="flex flex-wrap justify-center gap-2">
            <LinkButton variant="primary" to="/servers/new" search={{ from: 'form' }}>
              Add a server
            </LinkButton>
            <LinkButton to="/servers/new" search={{ from: 'paste' }}>
              <ClipboardPaste aria-hidden="true" /> Paste an mcp.json
            </LinkButton>
          </div>
        )
      }
    >
      An MCP server is a program, or an address, that has tools. The vault runs it or connects to
      it, keeps its keys, and lets each agent call only what you grant, with the same approvals,
      limits and audit log as for any request.
    </EmptyState>
  )
}
