import type { JsonSchema } from '@sallyport/contracts'
import { useMemo } from 'react'
import { oneLine } from '../../../components/tools/one-line.ts'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { rowsMax, schemaRows } from './schema-rows.ts'

const nameCharsShown = 100
const descriptionCharsShown = 400
const indentRem = 1.25

interface SchemaTableProps {
  readonly label: string
  readonly schema: JsonSchema
  /** In place of a table without rows. */
  readonly none: string
}

/** What a schema asks for, a member a row. */
export function SchemaTable({ label, schema, none }: SchemaTableProps) {
  const rows = useMemo(() => schemaRows(schema), [schema])
  if (rows.length === 0) return <p className="px-5 py-4 text-ink-soft">{none}</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section aria-label={label} tabIndex={0} className="max-h-[36rem] overflow-auto">
      <table className="w-full text-[0.93rem]">
        <thead className="text-[0.87rem] text-ink-soft max-sm:sr-only">
          <tr className="text-left">
            <th scope="col" className="px-5 py-2 font-normal">
              Name
            </th>
            <th scope="col" className="px-3 py-2 font-normal">
              Type
            </th>
            <th scope="col" className="px-3 py-2 font-normal">
              What it is
            </th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line border-t border-line align-top">
          {rows.map(({ name, depth, type, required, description, more }, index) => (
            <tr key={index} className="max-sm:grid max-sm:px-5 max-sm:py-2.5">
              <th scope="row" className="min-w-44 px-5 py-2 text-left font-medium max-sm:p-0">
                <div style={{ paddingLeft: `${depth * indentRem}rem` }}>
                  <UntrustedText inline mono text={name} limit={nameCharsShown} />
                  {required && (
                    <span className="ml-1.5 text-[0.8rem] font-normal text-ink-soft">required</span>
                  )}
                </div>
              </th>
              <td className="min-w-28 px-3 py-2 text-ink-soft max-sm:p-0">
                <UntrustedText inline text={type} limit={nameCharsShown} />
              </td>
              <td className="px-3 py-2 max-sm:p-0">
                {description !== undefined && (
                  <UntrustedText inline text={oneLine(description)} limit={descriptionCharsShown} />
                )}
                {more !== '' && (
                  <div className="text-[0.87rem] text-ink-soft">
                    <UntrustedText inline text={more} limit={descriptionCharsShown} />
                  </div>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length >= rowsMax && (
        <p className="px-5 py-3 text-[0.87rem] text-ink-soft">
          Only the first {rowsMax} members are shown.
        </p>
      )}
    </section>
  )
}
