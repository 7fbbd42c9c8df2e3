import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { type Output, pages } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { Input } from '../../../components/input.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { ErrorState } from '../../../components/states.tsx'
import { oneLine } from '../../../components/tools/one-line.ts'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import type { Chosen } from './chosen.ts'

type Tool = Output<'listTools'>['tools'][number]

const descriptionCharsShown = 140

interface ToolPickerProps {
  readonly chosen: readonly Chosen[]
  readonly onPick: (tool: Chosen) => void
}

/** All tools that there are, to choose from; those of assembled toolsets are offered where they come from. */
export function ToolPicker({ chosen, onPick }: ToolPickerProps) {
  const [typed, setTyped] = useState('')
  const search = useDeferredValue(typed.trim())
  const list = useInfiniteQuery({
    ...pages('listTools', search === '' ? {} : { search }),
    placeholderData: keepPreviousData,
  })
  const tools = (list.data?.pages.flatMap((page) => page.tools) ?? []).filter(
    ({ sourceToolId }) => sourceToolId === undefined,
  )
  const ids = new Set(chosen.map(({ toolId }) => toolId))
  return (
    <Card title="Tools that there are" flush>
      <div className="border-b border-line px-4 py-3">
        <Input
          type="search"
          aria-label="Search in all tools"
          placeholder="Search in names and descriptions"
          maxLength={200}
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
        />
      </div>
      {list.data === undefined ? (
        <div className="px-5 py-4">
          {list.error === null ? (
            <LoadingState />
          ) : (
            <ErrorState error={list.error} onRetry={list.refetch} />
          )}
        </div>
      ) : tools.length === 0 ? (
        <p className="px-5 py-4 text-ink-soft">
          {search === '' ? 'There are no tools yet: import a document first.' : 'None fits.'}
        </p>
      ) : (
        <ul
          aria-label="Tools that there are"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
          tabIndex={0}
          className="max-h-[32rem] divide-y divide-line overflow-y-auto"
        >
          {tools.map((tool) => (
            <Row key={tool.id} tool={tool} isChosen={ids.has(tool.id)} onPick={onPick} />
          ))}
          {list.hasNextPage && (
            <li className="px-4 py-3">
              <Button
                size="sm"
                busy={list.isFetchingNextPage}
                onClick={() => void list.fetchNextPage()}
              >
                Load more
              </Button>
            </li>
          )}
        </ul>
      )}
    </Card>
  )
}

interface RowProps {
  readonly tool: Tool
  readonly isChosen: boolean
  readonly onPick: (tool: Chosen) => void
}

function Row({ tool, isChosen, onPick }: RowProps) {
  const from = `${tool.toolset}.${tool.name}`
  return (
    <li className="flex items-start justify-between gap-3 px-4 py-2.5">
      <div className="min-w-0">
        <div className="font-medium [overflow-wrap:anywhere]">{from}</div>
        <div className="line-clamp-2 text-[0.87rem] text-ink-soft">
          <UntrustedText inline text={oneLine(tool.description)} limit={descriptionCharsShown} />
        </div>
      </div>
      <Button
        size="sm"
        disabled={isChosen}
        aria-label={`Add ${from}`}
        onClick={() => onPick({ toolId: tool.id, from, sourceName: tool.name })}
      >
        <Plus aria-hidden="true" /> {isChosen ? 'Added' : 'Add'}
      </Button>
    </li>
  )
}
