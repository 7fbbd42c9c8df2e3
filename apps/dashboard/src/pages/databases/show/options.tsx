import { type ReactNode, useState } from 'react'
import { type Input, type Output, useAction } from '../../../api.ts'
import { Card } from '../../../components/card.tsx'
import { ConfirmDialog } from '../../../components/dialog.tsx'
import { Switch } from '../../../components/input.tsx'
import { useToast } from '../../../components/toast.tsx'

type Database = Output<'getSource'>['source']

interface OptionsProps {
  readonly source: Database
  readonly mayWrite: boolean
}

/** What agents may be granted beside the statements, each off at first. */
export function Options({ source, mayWrite }: OptionsProps) {
  const [isAsking, setAsking] = useState(false)
  const toast = useToast()
  const update = useAction('updateSource', {
    invalidates: ['toolsets', 'tools', 'agents'],
    onDone: () => {
      setAsking(false)
      toast('Database changed')
    },
  })
  const put = (part: Pick<Input<'updateSource'>, 'query' | 'schemaTools'>) =>
    update.mutate(
      { sourceId: source.id, ...part },
      { onError: ({ detail }) => isAsking || toast(detail, 'bad') },
    )
  return (
    <Card title="Beside the statements">
      <div className="grid gap-5">
        <Option
          name="Free queries"
          checked={source.query}
          disabled={!mayWrite || update.isPending}
          onChange={(query) => (query ? setAsking(true) : put({ query }))}
        >
          A tool <code className="font-mono">query</code> that takes one SELECT of the agent’s own.
          It is parsed first: anything that writes, locks, or calls a function that is not on the
          vault’s list is refused. It runs in a read-only transaction, with the same bounds. The
          agent can read all that the role of the database can read.
        </Option>
        <Option
          name="Look at the schema"
          checked={source.schemaTools}
          disabled={!mayWrite || update.isPending}
          onChange={(schemaTools) => put({ schemaTools })}
        >
          The tools <code className="font-mono">list_tables</code> and{' '}
          <code className="font-mono">describe_table</code>: names, columns and types, and nothing
          that stands in the tables.
        </Option>
        <p className="text-[0.93rem] text-ink-soft">
          Each is granted to agents like any other tool. Agents that were granted the whole database
          have what is turned on at once.
        </p>
      </div>
      <ConfirmDialog
        title="Turn on free queries?"
        confirmLabel="Turn on"
        open={isAsking}
        busy={update.isPending}
        error={update.error}
        onConfirm={() => put({ query: true })}
        onClose={() => setAsking(false)}
      >
        <p>
          Whoever is granted the tool can read every table that the role{' '}
          {source.user !== undefined && <code className="font-mono">{source.user}</code>} may read,
          in any combination. Give the role only what agents may see.
        </p>
        <p>
          Agents that were granted the whole database have the tool at once; nobody else does before
          you grant it.
        </p>
      </ConfirmDialog>
    </Card>
  )
}

interface OptionProps {
  readonly name: string
  readonly checked: boolean
  readonly disabled: boolean
  readonly onChange: (checked: boolean) => void
  readonly children: ReactNode
}

function Option({ name, checked, disabled, onChange, children }: OptionProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: Switch is an input
    <label className="flex items-start gap-3.5">
      <Switch className="mt-0.5" checked={checked} disabled={disabled} onCheckedChange={onChange} />
      <span className="min-w-0">
        <span className="block font-medium">{name}</span>
        <span className="mt-0.5 block text-[0.93rem] text-ink-soft">{children}</span>
      </span>
    </label>
  )
}
