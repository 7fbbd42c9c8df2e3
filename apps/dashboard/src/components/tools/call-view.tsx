import type { SqlParameter } from '@sallyport/contracts'
import { type ReactNode, useState } from 'react'
import { Button } from '../button.tsx'
import { classes } from '../classes.ts'
import { Notice } from '../notice.tsx'
import { UntrustedText } from '../untrusted-text.tsx'
import type { CallValue, ReadCall } from './read-call.ts'

const shownAtFirst = 12
const nameCharsShown = 300
const valueCharsShown = 600
const statementCharsShown = 4_000

interface CallViewProps {
  readonly call: ReadCall
  /** What the tool is called here, where the server may call it otherwise. */
  readonly tool: string
  /** Of the statement, by their places: what each is called, and whether the vault fills it in. */
  readonly parameters?: readonly SqlParameter[] | undefined
  /** Says of a part of the body whether it is to be marked: all that begins with the path. */
  readonly isMarked?: (path: string) => boolean
  readonly mark?: ReactNode
}

/** What a call asks for in the words of what is called: arguments of a tool, or a statement with what is bound to it. */
export function CallView({ call, tool, parameters, isMarked, mark }: CallViewProps) {
  const marks = { isMarked: isMarked ?? (() => false), mark }
  switch (call.kind) {
    case 'tool':
      return (
        <Part title="Arguments">
          {call.upstreamName !== tool && (
            <p className="text-[0.93rem] text-ink-soft">
              The server calls the tool{' '}
              <UntrustedText inline mono text={call.upstreamName} limit={nameCharsShown} />.
            </p>
          )}
          <Values label="Arguments" values={call.values} none="It is given none." {...marks} />
        </Part>
      )
    case 'method':
      return (
        <Part title={methodWords[call.method] ?? 'Asks the server'}>
          {methodWords[call.method] === undefined && (
            <UntrustedText inline mono text={call.method} limit={nameCharsShown} />
          )}
          <Values label="What is asked for" values={call.values} none="Nothing more." {...marks} />
        </Part>
      )
    case 'schema':
      return (
        <Part title={schemaWords[call.run] ?? 'Looks at the schema'}>
          <Values label="Of what" values={call.values} none="Of the whole database." {...marks} />
        </Part>
      )
    case 'statement':
      return (
        <>
          {call.isFree && (
            <Notice tone="warn">
              <p>
                The agent wrote this query. It is read-only, and can read all that the role can.
              </p>
            </Notice>
          )}
          <Part title="Statement">
            <div
              className={classes(
                'rounded-md border border-line bg-sunken px-3 py-2',
                marks.isMarked('body.statement') && 'bg-warn-soft',
              )}
            >
              <UntrustedText mono text={call.statement} limit={statementCharsShown} />
              {marks.isMarked('body.statement') && mark}
            </div>
          </Part>
          {call.values.length > 0 && (
            <Part title="Parameters">
              <Values
                label="Parameters"
                values={named(call.values, parameters)}
                none=""
                {...marks}
              />
            </Part>
          )}
        </>
      )
  }
}

const methodWords: Readonly<Record<string, string>> = {
  'resources/read': 'Reads a resource',
  'resources/list': 'Lists resources',
  'resources/templates/list': 'Lists templates of resources',
  'prompts/get': 'Gets a prompt',
  'prompts/list': 'Lists prompts',
  'tools/list': 'Lists tools',
}
const schemaWords: Readonly<Record<string, string>> = {
  list_tables: 'Lists the tables',
  describe_table: 'Looks at the columns of a table',
}

interface NamedValue extends CallValue {
  readonly note?: string
}

/** Values by the names that the tool has for them; where it has another number of them, by their places alone. */
function named(
  values: readonly CallValue[],
  parameters: readonly SqlParameter[] | undefined,
): readonly NamedValue[] {
  if (parameters === undefined || parameters.length !== values.length) return values
  return values.map((value, at) => {
    const { name, agent } = parameters[at] ?? { name: value.name, agent: undefined }
    return {
      ...value,
      name: `${value.name} ${name}`,
      ...(agent !== undefined && { note: `The agent’s ${agent}, filled in by the vault` }),
    }
  })
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="grid gap-1.5">
      <h3 className="text-[0.93rem] font-semibold">{title}</h3>
      {children}
    </div>
  )
}

interface ValuesProps {
  readonly label: string
  readonly values: readonly NamedValue[]
  readonly none: string
  readonly isMarked: (path: string) => boolean
  readonly mark: ReactNode
}

function Values({ label, values, none, isMarked, mark }: ValuesProps) {
  const [isWhole, setWhole] = useState(false)
  if (values.length === 0) return <p className="text-[0.93rem] text-ink-soft">{none}</p>
  const shown = isWhole ? values : values.slice(0, shownAtFirst)
  return (
    <div className="grid gap-1.5">
      <table aria-label={label} className="w-full table-fixed border-collapse text-[0.93rem]">
        <tbody>
          {shown.map(({ name, value, path, type, note }, index) => (
            <tr
              key={index}
              className={classes(
                'border-t border-line align-top max-sm:grid',
                isMarked(path) && 'bg-warn-soft',
              )}
            >
              <th
                scope="row"
                className="w-1/3 px-2 py-1.5 text-left font-normal text-ink-soft max-sm:w-full max-sm:pb-0"
              >
                <UntrustedText text={name} inline mono limit={nameCharsShown} />
                {type !== undefined && (
                  <span className="text-[0.87rem]">
                    {' '}
                    <UntrustedText text={type} inline limit={nameCharsShown} />
                  </span>
                )}
              </th>
              <td className="px-2 py-1.5 max-sm:pt-0">
                <UntrustedText text={value} mono limit={valueCharsShown} />
                {note !== undefined && <span className="text-[0.87rem] text-ink-soft">{note}</span>}
                {isMarked(path) && mark}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {values.length > shown.length && (
        <div>
          <Button size="sm" onClick={() => setWhole(true)}>
            Show all {values.length}
          </Button>
        </div>
      )}
    </div>
  )
}
