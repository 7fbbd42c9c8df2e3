import { ArrowDown, ArrowUp, ChevronDown, Copy, Trash2 } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useId } from 'react'
import { Badge } from '../../../components/badge.tsx'
import { IconButton } from '../../../components/button.tsx'
import { classes } from '../../../components/classes.ts'
import type { Tone } from '../../../components/notice.tsx'
import { levelWords } from '../guards/level-words.ts'
import type { RuleOrigin } from '../guards/rule-origin.ts'
import type { RowAction } from './use-rule-list.ts'

interface RuleRowProps {
  /** Counted from one. */
  readonly number: number
  readonly isLast: boolean
  readonly isOpen: boolean
  readonly rowKey: number
  readonly onAct: (action: RowAction, index: number) => void
  readonly effect?: { readonly tone: Tone; readonly label: string }
  readonly label: string | undefined
  readonly summary: string
  /** The guard that made it; none for one of the owner's own. */
  readonly origin: RuleOrigin | undefined
  /** What stands in it once it is open. */
  readonly children: () => ReactNode
}

/** One rule of a list: what it says in a line, with the buttons that order it, and its fields once it is open. */
export function RuleRow(props: RuleRowProps) {
  const { number, isOpen, rowKey, onAct, effect, label, summary, origin, children } = props
  const id = useId()
  const index = number - 1
  const order = (event: KeyboardEvent) => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
    event.preventDefault()
    onAct(event.key === 'ArrowUp' ? 'up' : 'down', index)
  }
  return (
    <li data-rule={rowKey} className="rounded-md border border-line">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: another way beside its buttons, which are named */}
      <div className="grid gap-x-3 px-3 py-2 sm:flex sm:items-center" onKeyDown={order}>
        <button
          type="button"
          data-act="toggle"
          aria-expanded={isOpen}
          aria-controls={id}
          className="flex min-w-0 flex-1 items-start gap-2.5 py-1 text-left disabled:cursor-not-allowed"
          onClick={() => onAct('toggle', index)}
        >
          <ChevronDown
            aria-hidden="true"
            className={classes('mt-1 size-4 shrink-0 text-ink-soft', !isOpen && '-rotate-90')}
          />
          <span className="min-w-0">
            <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
              <span className="font-semibold">{number}</span>
              {effect !== undefined && <Badge tone={effect.tone}>{effect.label}</Badge>}
              {origin !== undefined && <OriginChip origin={origin} />}
              {label !== undefined && (
                <span className="font-medium [overflow-wrap:anywhere]">{label}</span>
              )}
            </span>
            <span className="line-clamp-2 text-[0.87rem] text-ink-soft [overflow-wrap:anywhere]">
              {summary}
            </span>
          </span>
        </button>
        <RowButtons {...props} />
      </div>
      <div
        id={id}
        hidden={!isOpen}
        data-fields=""
        className="border-t border-line px-3 py-4 sm:px-4"
      >
        {isOpen && children()}
      </div>
    </li>
  )
}

function RowButtons({ number, isLast, onAct }: RuleRowProps) {
  const index = number - 1
  const buttons = [
    ['up', `Move rule ${number} up`, <ArrowUp key="up" aria-hidden="true" />, number === 1],
    ['down', `Move rule ${number} down`, <ArrowDown key="down" aria-hidden="true" />, isLast],
    ['copy', `Copy rule ${number}`, <Copy key="copy" aria-hidden="true" />, false],
    ['remove', `Remove rule ${number}`, <Trash2 key="remove" aria-hidden="true" />, false],
  ] as const
  return (
    <div className="flex shrink-0 max-sm:justify-end">
      {buttons.map(([action, label, icon, isOff]) => (
        <IconButton
          key={action}
          size="sm"
          label={label}
          data-act={action}
          // Not disabled: a button that has the focus and is disabled by its own press loses it.
          aria-disabled={isOff || undefined}
          className={classes(isOff && 'opacity-40')}
          onClick={() => !isOff && onAct(action, index)}
        >
          {icon}
        </IconButton>
      ))}
    </div>
  )
}

/** Which guard made a rule, and that it says something else by now. */
function OriginChip({ origin }: { origin: RuleOrigin }) {
  const { actionLabel, presetLabel, level, departure } = origin
  return (
    <>
      <Badge>
        Guard: {actionLabel ?? presetLabel}
        {level !== undefined && `, ${levelWords[level].toLowerCase()}`}
      </Badge>
      {departure !== undefined && (
        <Badge tone="warn">{departure === 'gone' ? 'Not needed' : 'Changed'}</Badge>
      )}
    </>
  )
}
