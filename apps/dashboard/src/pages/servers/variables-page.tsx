import type { Variable } from '@sallyport/contracts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Braces, Plus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { pages } from '../../api.ts'
import { Badge } from '../../components/badge.tsx'
import { Button, TextLink } from '../../components/button.tsx'
import type { Column } from '../../components/column.ts'
import { DataTable } from '../../components/data-table.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { NotForRole } from '../../components/not-for-role.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { EmptyState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useMay } from '../../session.ts'
import { DeleteVariable } from './variables/delete-variable.tsx'

const PutVariable = lazyPart(async () => (await import('./variables/put-variable.tsx')).PutVariable)
const usersShown = 4

/** What is being set: a new variable, or one that there is. */
type Opened = { readonly variable?: Variable }

const columnsFor = (put: ((opened: Opened) => void) | undefined): readonly Column<Variable>[] => [
  {
    id: 'name',
    header: 'Name',
    width: '1.6fr',
    primary: true,
    cell: ({ name }) => (
      <span className="font-mono text-[0.93em] [overflow-wrap:anywhere] whitespace-normal">
        {name}
      </span>
    ),
  },
  { id: 'what', header: 'Is', width: '1.7fr', cell: (variable) => <What variable={variable} /> },
  {
    id: 'users',
    header: 'Used by',
    width: '1.8fr',
    cell: (variable) => <Users variable={variable} />,
  },
  { id: 'set', header: 'Set', width: '6.5rem', cell: ({ updatedAt }) => <Time at={updatedAt} /> },
  ...(put === undefined
    ? []
    : [
        {
          id: 'actions',
          header: 'Change',
          width: '9.5rem',
          cell: (variable: Variable) => (
            <span className="flex flex-wrap justify-end gap-1 max-md:justify-start">
              <Button
                size="sm"
                aria-label={`Replace ${variable.name}`}
                onClick={() => put({ variable })}
              >
                Replace
              </Button>
              <DeleteVariable variable={variable} />
            </span>
          ),
        },
      ]),
]

function What({ variable: { kind, connection } }: { variable: Variable }) {
  if (kind === 'value') return 'A sealed value'
  if (connection === undefined) return <Badge tone="bad">Its connection is gone</Badge>
  return (
    <span className="flex flex-wrap items-center gap-1.5 whitespace-normal">
      <span>
        The key of{' '}
        <TextLink
          to="/connections/$connectionId"
          params={{ connectionId: connection.id }}
          className="[overflow-wrap:anywhere]"
        >
          {connection.label}
        </TextLink>
      </span>
      {connection.status !== 'healthy' && <Badge tone="warn">{connection.status}</Badge>}
    </span>
  )
}

function Users({ variable: { usedBy } }: { variable: Variable }) {
  if (usedBy.length === 0) return <span className="text-ink-soft">No server</span>
  return (
    <span className="whitespace-normal">
      {usedBy.slice(0, usersShown).map(({ id, name }, index) => (
        <span key={id}>
          {index > 0 && ', '}
          <TextLink
            to="/servers/$serverId"
            params={{ serverId: id }}
            className="[overflow-wrap:anywhere]"
          >
            {name}
          </TextLink>
        </span>
      ))}
      {usedBy.length > usersShown && ` and ${usedBy.length - usersShown} more`}
    </span>
  )
}

/** What headers and environments of MCP servers may refer to by name. Values go in and never come out. */
export function VariablesPage() {
  const mayRead = useMay('connections:read')
  const mayWrite = useMay('connections:write')
  const [opened, setOpened] = useState<Opened>()
  const add = mayWrite && (
    <Button variant="primary" onClick={() => setOpened({})}>
      <Plus aria-hidden="true" /> Set a variable
    </Button>
  )
  return (
    <>
      <PageHeader
        title="Variables"
        description={
          <>
            Servers’ headers and environments refer to them as{' '}
            <code className="font-mono">$&#123;NAME&#125;</code>. Nothing else is looked up: the
            vault’s own environment least of all.
          </>
        }
        up={<TextLink to="/servers">Servers</TextLink>}
        actions={add}
      />
      {mayRead ? (
        <List add={add} put={mayWrite ? setOpened : undefined} />
      ) : (
        <NotForRole what="variables" scope="connections:read" />
      )}
      {opened !== undefined && (
        <PutVariable variable={opened.variable} onClose={() => setOpened(undefined)} />
      )}
    </>
  )
}

interface ListProps {
  readonly add: ReactNode
  readonly put: ((opened: Opened) => void) | undefined
}

function List({ add, put }: ListProps) {
  const list = useInfiniteQuery(pages('listVariables', { limit: 200 }))
  return (
    <DataTable
      label="Variables"
      list={list}
      rowsOf={(page) => page.variables}
      keyOf={(variable) => variable.id}
      columns={columnsFor(put)}
      empty={
        <EmptyState title="No variables yet" icon={<Braces aria-hidden="true" />} action={add}>
          A variable keeps a secret that several servers need in one place, or hands the key of a
          connection on to them.
        </EmptyState>
      }
    />
  )
}
