import type { ReadServer } from '@sallyport/catalog'
import type { Problem } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { query, useAction } from '../../../api.ts'
import { Badge } from '../../../components/badge.tsx'
import { Button } from '../../../components/button.tsx'
import { Checkbox } from '../../../components/input.tsx'
import { ProblemNotice } from '../../../components/notice.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { useMay } from '../../../session.ts'
import { placeOf, transportWords } from '../server-words.ts'
import { TestResult } from '../test-result.tsx'
import { type Choices, tryOf } from './pasted.ts'

const tones = { taken: 'good', changed: 'warn', refused: 'bad' } as const
const words = { taken: 'Taken', changed: 'Changed', refused: 'Refused' } as const
const nameCharsShown = 130

interface PastedServerProps {
  readonly server: ReadServer
  readonly choices: Choices
  /** There is one of the name. */
  readonly isKnown: boolean
  /** All that it refers to was given. */
  readonly canTry: boolean
  readonly result: 'added' | Problem | undefined
  readonly onTake: (take: boolean) => void
}

/** One server of the file: what would be kept of it, and what came of adding it. */
export function PastedServer(props: PastedServerProps) {
  const { server, choices, isKnown, canTry, result, onTake } = props
  const { key, draft, outcome, reasons, secrets } = server
  const id = useId()
  const isAdded = result === 'added'
  const canTake = draft !== undefined && !isKnown && !isAdded
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-2 px-5 py-3.5">
      <Checkbox
        className="mt-1"
        aria-labelledby={id}
        disabled={!canTake}
        checked={canTake && (choices.taken[key] ?? draft.enabled)}
        onCheckedChange={onTake}
      />
      <div className="grid min-w-0 gap-1.5">
        <div className="flex flex-wrap items-baseline gap-x-2.5 gap-y-1">
          <span id={id} className="font-medium">
            <UntrustedText inline text={draft?.name ?? key} limit={nameCharsShown} />
          </span>
          {isAdded ? (
            <Badge tone="good">Added</Badge>
          ) : isKnown ? (
            <Badge tone="warn">There is one of this name</Badge>
          ) : (
            <Badge tone={tones[outcome]}>{words[outcome]}</Badge>
          )}
        </div>
        {draft !== undefined && <Kept server={server} />}
        {canTake && draft.transport === 'stdio' && <Refused command={draft.command} />}
        {reasons.length > 0 && (
          <ul className="grid gap-0.5 text-[0.93rem] text-ink-soft">
            {reasons.map((reason, index) => (
              <li key={index}>
                <UntrustedText inline text={reason} limit={400} />
              </li>
            ))}
          </ul>
        )}
        {secrets.length > 0 && !isAdded && (
          <p className="text-[0.93rem] text-warn">
            {secrets.length === 1 ? 'A key stands' : `${secrets.length} keys stand`} in the file:{' '}
            {secrets.map(({ where, hint }, index) => (
              <span key={index}>
                {index > 0 && ', '}
                <UntrustedText inline mono text={`${where} ${hint}`} limit={100} />
              </span>
            ))}
            . Sealed here; take it out of the file.
          </p>
        )}
        {result !== undefined && result !== 'added' && <ProblemNotice error={result} />}
        {canTake && <TryPasted server={server} choices={choices} canTry={canTry} />}
      </div>
    </li>
  )
}

/** What would be kept of it, values left out. */
function Kept({ server: { draft } }: { server: ReadServer }) {
  if (draft === undefined) return null
  const { transport, env, headers } = draft
  const text = (of: typeof draft.command) =>
    of?.map((piece) => (typeof piece === 'string' ? piece : piece.written)).join('') ?? ''
  const place = placeOf({
    transport,
    command: text(draft.command),
    args: draft.args.map(text),
    url: text(draft.url),
  })
  const names = Object.keys(transport === 'stdio' ? env : headers)
  return (
    <>
      <div className="text-[0.93rem]">
        <span className="text-ink-soft">{transportWords[transport]} </span>
        <UntrustedText inline mono text={place} limit={300} />
      </div>
      {names.length > 0 && (
        <div className="text-[0.93rem]">
          <span className="text-ink-soft">
            {transport === 'stdio' ? 'Environment' : 'Headers'}{' '}
          </span>
          <UntrustedText inline mono text={names.join(', ')} limit={300} />
        </div>
      )}
    </>
  )
}

/** Says of a program that the operator does not let be run, before anything is sent. */
function Refused({ command }: { command: NonNullable<ReadServer['draft']>['command'] }) {
  const [only, ...more] = command ?? []
  // What is filled in later is checked when it is kept.
  const path = typeof only === 'string' && more.length === 0 ? only : undefined
  const { data } = useQuery({
    ...query('checkMcpCommand', { command: path ?? '' }),
    enabled: path !== undefined,
  })
  if (data === undefined || (data.exists && data.allowed)) return null
  return (
    <p className="text-[0.93rem] text-warn">
      <UntrustedText inline text={data.message} limit={500} />
    </p>
  )
}

type TryPastedProps = Pick<PastedServerProps, 'server' | 'choices' | 'canTry'>

function TryPasted({ server, choices, canTry }: TryPastedProps) {
  const test = useAction('testMcpServerDraft')
  const mayTry = useMay('connections:write')
  if (!mayTry) return null
  return (
    <>
      <div>
        <Button
          size="sm"
          aria-label={`Test ${server.key}`}
          disabled={!canTry}
          busy={test.isPending}
          onClick={() => test.mutate(tryOf(server, choices))}
        >
          Test it
        </Button>
      </div>
      {test.error !== null && <ProblemNotice error={test.error} />}
      {test.data !== undefined && !test.isPending && <TestResult tried={test.data} />}
    </>
  )
}
