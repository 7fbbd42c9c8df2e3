import type { Approval } from '@sallyport/contracts'
import { useNavigate } from '@tanstack/react-router'
import { defaultRangeExtractor, useWindowVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { CardActions } from './approval-card.tsx'
import { headingIdOf } from './card-head.tsx'
import { ListCard } from './list-card.tsx'
import { useShortcuts } from './use-shortcuts.ts'
import { useSteady } from './use-steady.ts'

const cardHeightPx = 420
const gapPx = 16
const overscanCards = 2
/** What sticks to the top of the window must not cover a card that the keyboard goes to. */
const scrollPaddingPx = 104

export interface Selection {
  readonly ids: ReadonlySet<string>
  readonly canSelect: boolean
  toggle(id: string): void
}

interface ApprovalListProps {
  readonly entries: readonly Approval[]
  readonly selection: Selection
  /** The last one came into sight. */
  readonly onEnd: () => void
}

/** Cards one under the other, newest first. However many there are, only those in sight are in the page. */
export function ApprovalList({ entries, selection, onEnd }: ApprovalListProps) {
  const ref = useRef<HTMLDivElement>(null)
  const steady = useSteady(ref)
  const actions = useRef(new Map<string, CardActions>())
  const [active, setActive] = useState<number>()
  const [top, setTop] = useState(0)
  useLayoutEffect(() => {
    setTop(ref.current?.offsetTop ?? 0)
  }, [])
  const virtual = useWindowVirtualizer({
    count: entries.length,
    estimateSize: () => cardHeightPx,
    gap: gapPx,
    overscan: overscanCards,
    scrollMargin: top,
    scrollPaddingStart: scrollPaddingPx,
    getItemKey: (index) => entries[index]?.id ?? index,
    // The card that has the focus stays, or the focus would be lost with it.
    rangeExtractor: (range) => {
      const indexes = defaultRangeExtractor(range)
      if (active === undefined || active >= range.count || indexes.includes(active)) return indexes
      return [...indexes, active].sort((one, other) => one - other)
    },
  })
  const items = virtual.getVirtualItems()
  const last = virtual.range?.endIndex ?? 0
  useEffect(() => {
    if (last >= entries.length - 3) onEnd()
  }, [last, entries.length, onEnd])
  const focus = useFocusCard(ref, (index) => virtual.scrollToIndex(index, { align: 'start' }))
  useListKeys({ entries, active, selection, focus, list: ref, actions: actions.current })

  return (
    <div
      ref={ref}
      role="feed"
      aria-label="Approvals"
      className="relative"
      style={{ height: virtual.getTotalSize() }}
    >
      {items.map(({ index, key, start }) => {
        const entry = entries[index]
        if (entry === undefined) return null
        return (
          <article
            key={key}
            data-index={index}
            ref={virtual.measureElement}
            aria-posinset={index + 1}
            aria-setsize={entries.length}
            aria-labelledby={headingIdOf(entry)}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: articles of a feed take the focus (WAI-ARIA feed pattern)
            tabIndex={0}
            onFocus={() => setActive(index)}
            className="absolute inset-x-0 rounded-lg border border-line bg-surface px-4 py-4 focus-visible:outline-offset-0 md:px-5"
            style={{ transform: `translateY(${start - top}px)` }}
          >
            <ListCard
              entry={entry}
              steady={steady}
              isSelected={selection.ids.has(entry.id)}
              canSelect={selection.canSelect}
              onSelect={() => selection.toggle(entry.id)}
              onActions={(does) => {
                if (does === undefined) actions.current.delete(entry.id)
                else actions.current.set(entry.id, does)
              }}
            />
          </article>
        )
      })}
    </div>
  )
}

type ListRef = RefObject<HTMLDivElement | null>

/** Puts the focus on a card, which may have to be scrolled into the page first. */
function useFocusCard(list: ListRef, scrollTo: (index: number) => void) {
  const wanted = useRef<number>(undefined)
  const take = () => {
    if (wanted.current === undefined) return
    const card = list.current?.querySelector<HTMLElement>(
      `:scope > [data-index="${wanted.current}"]`,
    )
    if (card === null || card === undefined) return
    wanted.current = undefined
    card.focus({ preventScroll: true })
  }
  useEffect(take)
  return (index: number) => {
    wanted.current = index
    scrollTo(index)
    take()
  }
}

interface ListKeys {
  readonly entries: readonly Approval[]
  readonly active: number | undefined
  readonly selection: Selection
  readonly focus: (index: number) => void
  readonly list: ListRef
  readonly actions: ReadonlyMap<string, CardActions>
}

/** The keys that move through the list and decide; those that decide or open only while a card itself has the focus. */
function useListKeys({ entries, active, selection, focus, list, actions }: ListKeys): void {
  const navigate = useNavigate()
  const focused = (): Approval | undefined => {
    const element = document.activeElement
    if (element?.parentElement !== list.current || !(element instanceof HTMLElement))
      return undefined
    return entries[Number(element.dataset.index)]
  }
  const move = (by: number) => {
    const next = active === undefined ? 0 : active + by
    if (next >= 0 && next < entries.length) focus(next)
  }
  const moveFromCard = (by: number) => (focused() === undefined ? false : move(by))
  const act = (event: KeyboardEvent, what: keyof CardActions) => {
    const entry = focused()
    if (entry === undefined) return false
    if (!event.repeat) actions.get(entry.id)?.[what]()
    return true
  }
  const open = () => {
    const entry = focused()
    if (entry === undefined) return false
    void navigate({ to: '/approvals/$approvalId', params: { approvalId: entry.id } })
    return true
  }
  const select = () => {
    const entry = focused()
    if (entry === undefined || !selection.canSelect) return false
    selection.toggle(entry.id)
    return true
  }
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => moveFromCard(1),
    ArrowUp: () => moveFromCard(-1),
    Enter: open,
    o: open,
    x: select,
    a: (event) => act(event, 'approve'),
    d: (event) => act(event, 'deny'),
  })
}
