import type { SourceTool } from '@sallyport/contracts'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { type Output, useAction } from '../../../api.ts'
import { Badge } from '../../../components/badge.tsx'
import { Button, LinkButton, TextLink } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { ConfirmDialog } from '../../../components/dialog.tsx'
import { Input } from '../../../components/input.tsx'
import { useToast } from '../../../components/toast.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { typeOf } from '../database-words.ts'
import { statementsOf } from '../statement-list.ts'

type Database = Output<'getSource'>['source']

/** Found by typing where there are more. */
const searchedFrom = 12
/** Put into the page at once: each shows its SQL. */
const shownAtFirst = 50
const statementCharsShown = 400

interface StatementsProps {
  readonly source: Database
  readonly mayWrite: boolean
}

/** The statements of a database, each a tool. */
export function Statements({ source, mayWrite }: StatementsProps) {
  const [typed, setTyped] = useState('')
  const [isWhole, setWhole] = useState(false)
  const statements = source.tools.filter(({ run }) => run === 'statement')
  const wanted = typed.trim().toLowerCase()
  const found = statements.filter(({ name, description, statement = '' }) =>
    [name, description, statement].some((text) => text.toLowerCase().includes(wanted)),
  )
  const shown = isWhole ? found : found.slice(0, shownAtFirst)
  return (
    <Card
      title="Statements"
      description="Each is a tool. Its parameters are bound to the statement, never written into it."
      actions={
        mayWrite && (
          <LinkButton
            size="sm"
            variant={statements.length === 0 ? 'primary' : 'secondary'}
            to="/databases/$sourceId/statement"
            params={{ sourceId: source.id }}
          >
            <Plus aria-hidden="true" /> Add a statement
          </LinkButton>
        )
      }
      flush
    >
      {statements.length > searchedFrom && (
        <div className="border-b border-line px-5 py-3">
          <Input
            type="search"
            aria-label="Search in the statements"
            placeholder="Search in names, descriptions and SQL"
            className="max-w-md"
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
          />
        </div>
      )}
      {found.length === 0 ? (
        <p className="px-5 py-4 text-ink-soft">
          {statements.length === 0 ? 'There are none yet.' : 'None fits.'}
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {shown.map((tool) => (
            <Statement key={tool.id} source={source} tool={tool} mayWrite={mayWrite} />
          ))}
        </ul>
      )}
      {shown.length < found.length && (
        <div className="border-t border-line px-5 py-3">
          <Button size="sm" onClick={() => setWhole(true)}>
            Show all {found.length.toLocaleString('en')}
          </Button>
        </div>
      )}
    </Card>
  )
}

interface StatementProps extends StatementsProps {
  readonly tool: SourceTool
}

function Statement({ source, tool, mayWrite }: StatementProps) {
  const { id, name, description, statement = '', parameters, writes, status } = tool
  return (
    <li className="grid gap-2 px-5 py-3.5">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-60">
          <div className="flex flex-wrap items-center gap-2">
            <TextLink
              to="/toolsets/tools/$toolId"
              params={{ toolId: id }}
              className="font-mono text-[0.93rem] font-medium [overflow-wrap:anywhere]"
            >
              {name}
            </TextLink>
            {writes ? <Badge tone="warn">Writes</Badge> : <Badge>Reads</Badge>}
            {status === 'disabled' && <Badge tone="bad">Disabled</Badge>}
            {status === 'held' && <Badge tone="warn">Held</Badge>}
          </div>
          {description !== '' && (
            <div className="mt-0.5 text-[0.93rem] text-ink-soft">
              <UntrustedText text={description} limit={200} />
            </div>
          )}
        </div>
        {mayWrite && (
          <div className="flex gap-1">
            <LinkButton
              size="sm"
              to="/databases/$sourceId/statement"
              params={{ sourceId: source.id }}
              search={{ name }}
              aria-label={`Edit ${name}`}
            >
              Edit
            </LinkButton>
            <DeleteStatement source={source} tool={tool} />
          </div>
        )}
      </div>
      <div className="rounded-md bg-sunken px-3 py-2 text-[0.93rem]">
        <UntrustedText mono text={statement} limit={statementCharsShown} />
      </div>
      {parameters.length > 0 && (
        <ul aria-label={`Parameters of ${name}`} className="flex flex-wrap gap-x-4 gap-y-0.5">
          {parameters.map((parameter, index) => (
            <li key={parameter.name} className="text-[0.87rem] text-ink-soft">
              {index + 1}. <span className="font-mono text-ink">{parameter.name}</span>{' '}
              {parameter.agent === undefined
                ? `${typeOf(parameter)}${parameter.required ? '' : ', optional'}`
                : `the agent’s ${parameter.agent}, filled in by the vault`}
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}

function DeleteStatement({ source, tool }: { source: Database; tool: SourceTool }) {
  const [open, setOpen] = useState(false)
  const toast = useToast()
  const put = useAction('putSourceTools', {
    invalidates: ['toolsets', 'tools', 'agents', 'policies', 'approvals'],
    onDone: () => {
      setOpen(false)
      toast('Statement deleted')
    },
  })
  const remove = () =>
    put.mutate({
      sourceId: source.id,
      version: source.version,
      tools: statementsOf(source).filter(({ name }) => name !== tool.name),
    })
  return (
    <>
      <Button
        size="sm"
        variant="quiet"
        aria-label={`Delete ${tool.name}`}
        onClick={() => setOpen(true)}
      >
        Delete
      </Button>
      <ConfirmDialog
        title="Delete this statement?"
        confirmLabel="Delete"
        danger
        open={open}
        busy={put.isPending}
        error={put.error}
        onConfirm={remove}
        onClose={() => setOpen(false)}
      >
        <p className="font-mono font-medium text-ink [overflow-wrap:anywhere]">{tool.name}</p>
        <p>
          {tool.agents === 0
            ? 'No agent has it.'
            : `${tool.agents === 1 ? 'One agent loses' : `${tool.agents} agents lose`} it at once.`}{' '}
          The versions of the toolset keep it for a while.
        </p>
      </ConfirmDialog>
    </>
  )
}
