import type { Tool } from '@sallyport/contracts'
import { getRouteApi } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { type Output, useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { ConfirmDialog } from '../../../components/dialog.tsx'
import { Field } from '../../../components/field.tsx'
import { Select, Textarea } from '../../../components/input.tsx'
import { useAllAgents } from '../../../components/pick-lists.ts'
import { ToolProblem } from '../../../components/tools/tool-problem.tsx'
import { ArgumentFields } from './argument-fields.tsx'
import { TryResult } from './try-result.tsx'
import { useArguments } from './use-arguments.ts'

const route = getRouteApi('/frame/toolsets/tools/$toolId')

interface Shown {
  readonly arguments: Record<string, unknown>
  readonly agentName: string | undefined
  readonly tried: Output<'tryTool'>
}

/** A call of the tool by an owner: first the request that it makes, then, if wanted, the answer. */
export function TryCard({ tool }: { tool: Tool }) {
  const args = useArguments(tool.inputSchema)
  const { asAgent, choice } = useAsAgent()
  const [shown, setShown] = useState<Shown>()
  const preview = useAction('tryTool', {
    onDone: (tried, input) =>
      setShown({ arguments: input.arguments, agentName: asAgent?.name, tried }),
  })
  const show = (event: FormEvent) => {
    event.preventDefault()
    const written = args.read()
    if (written === undefined) return
    preview.mutate(
      {
        toolId: tool.id,
        arguments: written,
        ...(asAgent !== undefined && { asAgentId: asAgent.id }),
      },
      { onError: args.refuse },
    )
  }
  // What is shown belongs to what was typed then: another word, and there is nothing to send.
  const change =
    <T extends unknown[]>(edit: (...given: T) => void) =>
    (...given: T) => {
      setShown(undefined)
      preview.reset()
      edit(...given)
    }
  return (
    <Card
      title="Try it"
      description="You see the request first. Nothing is sent before you say so."
      actions={
        <Button size="sm" aria-pressed={args.json !== undefined} onClick={change(args.toggleJson)}>
          As JSON
        </Button>
      }
    >
      <form noValidate onSubmit={show} className="grid gap-5">
        {args.json === undefined ? (
          <ArgumentFields
            fields={args.fields}
            typed={args.typed}
            faults={args.faults}
            onType={change(args.type)}
          />
        ) : (
          <Field label="Arguments as JSON" error={args.faults['']}>
            {(aria) => (
              <Textarea
                {...aria}
                rows={10}
                spellCheck={false}
                className="font-mono text-[0.87rem]"
                value={args.json ?? ''}
                onChange={({ target }) => change(args.typeJson)(target.value)}
              />
            )}
          </Field>
        )}
        {choice(() => setShown(undefined))}
        {preview.error !== null && <ToolProblem problem={preview.error} />}
        <div>
          <Button type="submit" busy={preview.isPending}>
            Show the request
          </Button>
        </div>
      </form>
      {shown !== undefined && (
        <div className="mt-5 grid gap-4">
          <TryResult tried={shown.tried} agentName={shown.agentName} />
          {shown.tried.sent === undefined && shown.tried.decision === undefined && (
            <Send
              tool={tool}
              given={shown.arguments}
              onSent={(tried) => setShown({ ...shown, tried })}
            />
          )}
        </div>
      )}
    </Card>
  )
}

/** Whose policy is asked; nobody's unless chosen. */
function useAsAgent() {
  const { agentId } = route.useSearch()
  const [chosen, setChosen] = useState(agentId ?? '')
  const { data: agents = [] } = useAllAgents()
  const asAgent = agents.find(({ id }) => id === chosen)
  const choice = (onChange: () => void) => (
    <Field label="As" hint="As an agent you see what its policy decides; then nothing is sent.">
      {(aria) => (
        <Select
          {...aria}
          className="max-w-md"
          value={chosen}
          onChange={({ target }) => {
            setChosen(target.value)
            onChange()
          }}
        >
          <option value="">Yourself</option>
          {agents.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  )
  return { asAgent, choice }
}

const consequences = {
  http: 'It may change or delete something at the API, with the credential of the connection.',
  mcp: 'The tool may change or delete something, with whatever the server may do.',
  sql: 'The statement may change or delete what is in the database.',
} as const

interface SendProps {
  readonly tool: Tool
  readonly given: Record<string, unknown>
  readonly onSent: (tried: Output<'tryTool'>) => void
}

/** Sends the request that is shown; what may change something asks once more. */
function Send({ tool, given, onSent }: SendProps) {
  const [isAsking, setAsking] = useState(false)
  const reads = tool.annotations.readOnlyHint === true
  const send = useAction('tryTool', {
    invalidates: ['audit'],
    onDone: (tried) => {
      setAsking(false)
      onSent(tried)
    },
  })
  const start = () => send.mutate({ toolId: tool.id, arguments: given, send: true })
  return (
    <div className="grid gap-3">
      {send.error !== null && !isAsking && <ToolProblem problem={send.error} />}
      <div className="flex flex-wrap items-center gap-3">
        <Button
          variant="primary"
          busy={send.isPending}
          onClick={() => (reads ? start() : setAsking(true))}
        >
          Send it
        </Button>
        {!reads && (
          <span className="text-[0.93rem] text-warn">
            It may change something on the other side.
          </span>
        )}
      </div>
      <ConfirmDialog
        title="Send it for real?"
        confirmLabel="Send it"
        danger={tool.annotations.destructiveHint === true}
        open={isAsking}
        busy={send.isPending}
        error={send.error}
        onConfirm={start}
        onClose={() => setAsking(false)}
      >
        <p>{consequences[tool.binding.kind]} It cannot be taken back from here.</p>
      </ConfirmDialog>
    </div>
  )
}
