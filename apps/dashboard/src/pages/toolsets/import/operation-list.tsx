import { useVirtualizer } from '@tanstack/react-virtual'
import { useDeferredValue, useMemo, useRef, useState } from 'react'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { classes } from '../../../components/classes.ts'
import { Input, Select } from '../../../components/input.tsx'
import { plainText } from '../../../components/tools/plain-text.ts'
import {
  countTaken,
  type Edit,
  type Edits,
  filterOperations,
  isTaken,
  type Operation,
  tagsOf,
} from './choices.ts'
import { OperationRow } from './operation-row.tsx'

const rowHeightPx = 66
const overscanRows = 8
const tagCharsShown = 60

interface OperationListProps {
  readonly operations: readonly Operation[]
  readonly edits: Edits
  readonly onEdits: (edits: Edits) => void
}

/** Every operation of a document with what becomes of it; only those in sight are in the page. */
export function OperationList({ operations, edits, onEdits }: OperationListProps) {
  const [filter, setFilter] = useState({ search: '', outcome: '', tag: '' })
  const deferred = useDeferredValue(filter)
  const shown = useMemo(() => filterOperations(operations, deferred), [operations, deferred])
  const takeShown = (take: boolean) =>
    onEdits({
      ...edits,
      ...Object.fromEntries(
        shown
          .filter(({ outcome }) => outcome !== 'refused')
          .map(({ key }) => [key, { ...edits[key], take }]),
      ),
    })
  return (
    <Card
      title="Operations"
      description={`${countTaken(operations, edits).toLocaleString('en')} of ${operations.length.toLocaleString('en')} become tools.`}
      actions={
        <>
          <Button size="sm" onClick={() => takeShown(true)}>
            Take {shown.length === operations.length ? 'all' : 'those shown'}
          </Button>
          <Button size="sm" onClick={() => takeShown(false)}>
            Leave {shown.length === operations.length ? 'all' : 'those shown'} out
          </Button>
        </>
      }
      flush
    >
      <Filters operations={operations} filter={filter} onChange={setFilter} />
      <Rows
        shown={shown}
        edits={edits}
        onEdit={(key, edit) => onEdits({ ...edits, [key]: { ...edits[key], ...edit } })}
      />
    </Card>
  )
}

type Filter = Parameters<typeof filterOperations>[1]

interface FiltersProps {
  readonly operations: readonly Operation[]
  readonly filter: Filter
  readonly onChange: (filter: Filter) => void
}

const outcomes = [
  ['', 'Any outcome'],
  ['taken', 'Taken'],
  ['changed', 'Changed'],
  ['refused', 'Refused'],
] as const

function Filters({ operations, filter, onChange }: FiltersProps) {
  const tags = useMemo(() => tagsOf(operations), [operations])
  return (
    <div
      className={classes(
        'grid gap-2 border-b border-line px-4 py-3',
        tags.length > 1
          ? 'sm:grid-cols-[minmax(0,1fr)_11rem_minmax(0,12rem)]'
          : 'sm:grid-cols-[minmax(0,1fr)_11rem]',
      )}
    >
      <Input
        type="search"
        aria-label="Search in operations"
        placeholder="Search"
        value={filter.search}
        onChange={({ target }) => onChange({ ...filter, search: target.value })}
      />
      <Select
        aria-label="Outcome"
        value={filter.outcome}
        onChange={({ target }) => onChange({ ...filter, outcome: target.value })}
      >
        {outcomes.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </Select>
      {tags.length > 1 && (
        <Select
          aria-label="Group"
          value={filter.tag}
          onChange={({ target }) => onChange({ ...filter, tag: target.value })}
        >
          <option value="">Any group</option>
          {tags.map((tag) => (
            <option key={tag} value={tag}>
              {plainText(tag, tagCharsShown)}
            </option>
          ))}
        </Select>
      )}
    </div>
  )
}

interface RowsProps {
  readonly shown: readonly Operation[]
  readonly edits: Edits
  readonly onEdit: (key: string, edit: Edit) => void
}

function Rows({ shown, edits, onEdit }: RowsProps) {
  const ref = useRef<HTMLUListElement>(null)
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => ref.current,
    estimateSize: () => rowHeightPx,
    overscan: overscanRows,
    getItemKey: (index) => shown[index]?.key ?? index,
  })
  if (shown.length === 0) return <p className="px-5 py-4 text-ink-soft">None fits.</p>
  return (
    <ul
      ref={ref}
      aria-label="Operations"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
      tabIndex={0}
      className="max-h-[32rem] overflow-y-auto"
    >
      <li aria-hidden="true" style={{ height: virtual.getVirtualItems()[0]?.start ?? 0 }} />
      {virtual.getVirtualItems().map(({ index, key }) => {
        const operation = shown[index]
        if (operation === undefined) return null
        return (
          <li
            key={key}
            data-index={index}
            ref={virtual.measureElement}
            aria-setsize={shown.length}
            aria-posinset={index + 1}
            className="border-b border-line last:border-b-0"
          >
            <OperationRow
              operation={operation}
              edit={edits[operation.key] ?? {}}
              isTaken={isTaken(operation, edits)}
              onEdit={(edit) => onEdit(operation.key, edit)}
            />
          </li>
        )
      })}
      <li aria-hidden="true" style={{ height: after(virtual) }} />
    </ul>
  )
}

/** The height of the rows that stand below those in the page. */
function after(virtual: ReturnType<typeof useVirtualizer<HTMLUListElement, Element>>): number {
  return virtual.getTotalSize() - (virtual.getVirtualItems().at(-1)?.end ?? 0)
}
