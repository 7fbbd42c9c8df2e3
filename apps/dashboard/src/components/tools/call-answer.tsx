import { type ReactNode, useState } from 'react'
import { Badge } from '../badge.tsx'
import { Button } from '../button.tsx'
import { Notice } from '../notice.tsx'
import { UntrustedText } from '../untrusted-text.tsx'
import { type Part, partsOf } from './mcp-parts.ts'
import { isPlainObject } from './plain-object.ts'
import { rowsOf, type SqlRows } from './sql-rows.ts'

const partsShown = 50
const rowsAtFirst = 25
const rowsShownMax = 200
const cellCharsShown = 200
const textCharsShown = 4_000

/** What came back of a call: a tool’s content part by part, or rows; anything else as JSON. */
export function CallAnswer({ kind, body }: { kind: 'mcp' | 'sql'; body: unknown }) {
  if (kind === 'mcp') return <McpAnswer body={body} />
  const rows = rowsOf(body)
  if (rows !== undefined) return <Rows rows={rows} />
  const refused = isPlainObject(body) && isPlainObject(body.error) ? body.error : undefined
  if (refused === undefined) return <Json value={body} />
  return (
    <Notice tone="warn" title="The database refused it.">
      <UntrustedText
        text={[refused.code, refused.message].filter((one) => one !== undefined).join(': ')}
      />
    </Notice>
  )
}

const Json = ({ value }: { value: unknown }) => (
  <UntrustedText mono text={JSON.stringify(value, null, 2) ?? 'nothing'} limit={textCharsShown} />
)

/** A result of a tool. Pictures and sounds are named and never drawn: they are an upstream’s. */
function McpAnswer({ body }: { body: unknown }) {
  const read = partsOf(body)
  if (read === undefined) return <Json value={body} />
  const { parts, structured, isError } = read
  return (
    <div className="grid gap-2.5">
      <p>
        <Badge tone={isError ? 'bad' : 'good'}>
          {isError ? 'The tool says that it failed' : 'Answered'}
        </Badge>
      </p>
      {parts.slice(0, partsShown).map((part, index) => (
        <PartView key={index} part={part} />
      ))}
      {parts.length > partsShown && (
        <p className="text-[0.87rem] text-ink-soft">
          And {(parts.length - partsShown).toLocaleString('en')} more parts.
        </p>
      )}
      {structured !== undefined && (
        <Titled title="Structured content">
          <Json value={structured} />
        </Titled>
      )}
      {parts.length === 0 && structured === undefined && (
        <p className="text-[0.87rem] text-ink-soft">It has no content.</p>
      )}
    </div>
  )
}

function PartView({ part: { title, text } }: { part: Part }) {
  if (text === undefined) return <UntrustedText inline text={title} limit={cellCharsShown} />
  return (
    <Titled title={title}>
      <UntrustedText mono text={text} limit={textCharsShown} />
    </Titled>
  )
}

function Titled({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="grid gap-1">
      <p className="text-[0.87rem] text-ink-soft">
        <UntrustedText inline text={title} limit={cellCharsShown} />
      </p>
      {children}
    </div>
  )
}

function Rows({ rows: { columns, rows, rowCount, isTruncated } }: { rows: SqlRows }) {
  const [isWhole, setWhole] = useState(false)
  const shown = rows.slice(0, isWhole ? rowsShownMax : rowsAtFirst)
  return (
    <div className="grid gap-2">
      <p className="text-[0.93rem]">
        {rowCount === 1 ? '1 row' : `${rowCount.toLocaleString('en')} rows`}
        {isTruncated && ', and there are more: the answer was cut'}.
      </p>
      {rows.length > 0 && (
        // biome-ignore lint/a11y/useSemanticElements: fieldsets group controls, and this is a table that scrolls
        <div
          role="group"
          aria-label="Rows"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
          tabIndex={0}
          className="max-h-96 overflow-auto rounded-md border border-line bg-surface"
        >
          <table className="min-w-full border-collapse text-[0.87rem]">
            <thead>
              <tr>
                {columns.map((column, index) => (
                  <th
                    key={index}
                    scope="col"
                    className="border-b border-line px-2.5 py-1.5 text-left font-medium whitespace-nowrap"
                  >
                    <UntrustedText inline text={column} limit={80} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((row, index) => (
                <tr key={index} className="border-t border-line align-top">
                  {row.map((cell, at) => (
                    <td key={at} className="max-w-80 px-2.5 py-1.5">
                      {cell === undefined ? (
                        <span className="text-ink-soft">NULL</span>
                      ) : (
                        <UntrustedText inline mono text={cell} limit={cellCharsShown} />
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {!isWhole && rows.length > shown.length && (
        <div>
          <Button size="sm" onClick={() => setWhole(true)}>
            Show {Math.min(rows.length, rowsShownMax).toLocaleString('en')} rows
          </Button>
        </div>
      )}
      {isWhole && rows.length > rowsShownMax && (
        <p className="text-[0.87rem] text-ink-soft">
          The first {rowsShownMax} are shown; agents get all of them.
        </p>
      )}
    </div>
  )
}
