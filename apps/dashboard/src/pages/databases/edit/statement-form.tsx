import type { SourceTool } from '@sallyport/contracts'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useFormContext } from 'react-hook-form'
import { type Output, useAction } from '../../../api.ts'
import { Button, LinkButton } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { Form } from '../../../components/form.tsx'
import { CheckboxField, TextareaField, TextField } from '../../../components/form-fields.tsx'
import { Notice } from '../../../components/notice.tsx'
import { useToast } from '../../../components/toast.tsx'
import { ToolProblem } from '../../../components/tools/tool-problem.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { placesOf } from '../database-words.ts'
import { statementsOf, withStatement, writtenOf } from '../statement-list.ts'
import { ParametersField } from './parameters-field.tsx'
import { emptyStatement, TypedStatement } from './statement-typed.ts'

type Database = Output<'getSource'>['source']

const plain = { spellCheck: false, autoCapitalize: 'none', autoComplete: 'off' } as const

interface StatementFormProps {
  readonly source: Database
  /** The one that is changed; a new one where there is none. */
  readonly tool: SourceTool | undefined
}

/** A statement with its parameters, as a tool. The vault prepares it at the database before it is kept, where it can. */
export function StatementForm({ source, tool }: StatementFormProps) {
  const navigate = useNavigate()
  const toast = useToast()
  const put = useAction('putSourceTools', {
    invalidates: ['toolsets', 'tools', 'agents', 'policies', 'approvals'],
  })
  const inputFor = (written: TypedStatement) => ({
    sourceId: source.id,
    version: source.version,
    tools: withStatement(statementsOf(source), tool?.name, written),
  })
  const save = async (written: TypedStatement) => {
    const { notes } = await put.mutateAsync(inputFor(written))
    toast(notes[0] ?? (tool === undefined ? 'Statement added' : 'Statement changed'))
    void navigate({ to: '/databases/$sourceId', params: { sourceId: source.id } })
  }
  return (
    <Card>
      <Form
        schema={TypedStatement}
        defaults={tool === undefined ? emptyStatement : writtenOf(tool)}
        onSubmit={save}
        submitLabel={tool === undefined ? 'Add the statement' : 'Save'}
        actions={
          <LinkButton to="/databases/$sourceId" params={{ sourceId: source.id }}>
            Cancel
          </LinkButton>
        }
      >
        <TextField
          name="name"
          label="Name"
          hint={
            tool === undefined
              ? 'Agents call it by this name.'
              : 'With another name it is another tool: agents lose the old one, and have to be granted the new one.'
          }
          {...plain}
        />
        <TextareaField
          name="description"
          label="What the agent reads about it"
          hint="What it answers, and when to use it. The model chooses by this."
          rows={3}
        />
        <TextareaField
          name="statement"
          label="Statement"
          hint={`One statement of SQL. Its parameters stand as ${placesOf(source.dialect)}, in the order of the table below.`}
          rows={8}
          className="font-mono text-[0.93rem]"
          {...plain}
        />
        <ParametersField />
        <CheckboxField
          name="writes"
          label="It writes"
          hint="Runs outside the read-only transaction, and is approved like a write. Leave it off for everything that only reads."
        />
        <TryStatement inputFor={inputFor} />
      </Form>
    </Card>
  )
}

interface TryStatementProps {
  readonly inputFor: (written: TypedStatement) => {
    sourceId: string
    version: number
    tools: object[]
  }
}

/** Checks the statement without keeping it. */
function TryStatement({ inputFor }: TryStatementProps) {
  const { getValues, trigger } = useFormContext()
  const check = useAction('putSourceTools')
  const [isFine, setFine] = useState(false)
  const run = async () => {
    setFine(false)
    if (!(await trigger())) return
    const input = inputFor(TypedStatement.parse(getValues())) as Parameters<typeof check.mutate>[0]
    check.mutate({ ...input, dryRun: true }, { onSuccess: () => setFine(true) })
  }
  const notes = check.data?.notes ?? []
  return (
    <div className="grid gap-3">
      <div>
        <Button size="sm" busy={check.isPending} onClick={() => void run()}>
          Check the statement
        </Button>
      </div>
      {check.error !== null && <ToolProblem problem={check.error} />}
      {isFine && (
        <Notice
          tone={notes.length === 0 ? 'good' : 'warn'}
          alert
          title={notes.length === 0 ? 'It can be used as it is.' : 'It can be used, and:'}
        >
          {notes.map((note, index) => (
            <UntrustedText key={index} text={note} />
          ))}
        </Notice>
      )}
    </div>
  )
}
