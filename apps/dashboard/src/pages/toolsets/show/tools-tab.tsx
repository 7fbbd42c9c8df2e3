import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useDeferredValue, useState } from 'react'
import { type Output, pages } from '../../../api.ts'
import { TextLink } from '../../../components/button.tsx'
import type { Column } from '../../../components/column.ts'
import { DataTable } from '../../../components/data-table.tsx'
import { Input } from '../../../components/input.tsx'
import { sendsNoRequest } from '../../../components/tools/format-words.ts'
import { oneLine } from '../../../components/tools/one-line.ts'
import { ToolBadges } from '../../../components/tools/tool-badges.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'

type Toolset = Output<'getToolset'>['toolset']
type Tool = Output<'listTools'>['tools'][number]

const rowsPerPage = 200
const lineCharsShown = 120

const columns: readonly Column<Tool>[] = [
  {
    id: 'name',
    header: 'Name',
    width: '2fr',
    primary: true,
    cell: ({ id, name, description, title }) => (
      <>
        <TextLink
          to="/toolsets/tools/$toolId"
          params={{ toolId: id }}
          title={name}
          className="[overflow-wrap:anywhere]"
        >
          {name}
        </TextLink>
        <div className="line-clamp-2 text-[0.87rem] font-normal text-ink-soft max-md:mt-0.5">
          <UntrustedText inline text={oneLine(title ?? description)} limit={lineCharsShown} />
        </div>
      </>
    ),
  },
  {
    id: 'request',
    header: 'Request',
    width: '2fr',
    cell: ({ method, url }) =>
      method === undefined || url === undefined ? null : (
        <span className="line-clamp-3 text-[0.93rem]">
          <UntrustedText inline mono text={`${method} ${pathOf(url)}`} limit={lineCharsShown} />
        </span>
      ),
  },
  { id: 'kind', header: 'Kind', width: '1.2fr', cell: (tool) => <ToolBadges tool={tool} /> },
  { id: 'agents', header: 'Agents', width: '4.5rem', cell: ({ agents }) => agents },
]

/** Without the origin, which is nearly always the same. */
const pathOf = (url: string) => url.replace(/^https?:\/\/[^/]*/, '') || '/'

/** The tools of a toolset, thousands of them if need be. */
export function ToolsTab({ toolset: { id: toolsetId, format } }: { toolset: Toolset }) {
  const [typed, setTyped] = useState('')
  const search = useDeferredValue(typed.trim())
  const list = useInfiniteQuery({
    ...pages('listTools', {
      toolsetId,
      limit: rowsPerPage,
      ...(search !== '' && { search }),
    }),
    placeholderData: keepPreviousData,
  })
  return (
    <div className="grid gap-3">
      <Input
        type="search"
        aria-label="Search in the tools"
        placeholder="Search in names and descriptions"
        className="max-w-md"
        maxLength={200}
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
      />
      <DataTable
        label="Tools"
        list={list}
        rowsOf={(page) => page.tools}
        keyOf={(tool) => tool.id}
        columns={sendsNoRequest(format) ? columns.filter(({ id }) => id !== 'request') : columns}
        empty={
          <p className="text-ink-soft">
            {search === '' ? 'There are no tools in it.' : 'No tool fits.'}
          </p>
        }
      />
    </div>
  )
}
