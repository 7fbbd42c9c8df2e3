import { ToolName } from '@sallyport/contracts'
import { ChevronDown, ChevronRight } from 'lucide-react'
import { memo, useId, useState } from 'react'
import { Badge } from '../../../components/badge.tsx'
import { IconButton } from '../../../components/button.tsx'
import { Field } from '../../../components/field.tsx'
import { Checkbox, Input, Textarea } from '../../../components/input.tsx'
import { oneLine } from '../../../components/tools/one-line.ts'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import type { Edit, Operation } from './choices.ts'

const lineCharsShown = 160

interface OperationRowProps {
  readonly operation: Operation
  readonly edit: Edit
  readonly isTaken: boolean
  readonly onEdit: (edit: Edit) => void
}

const tones = { taken: 'good', changed: 'warn', refused: 'bad' } as const
const words = { taken: 'Taken', changed: 'Changed', refused: 'Refused' } as const

/** One operation: whether it becomes a tool, under which name, and what had to be changed. */
export const OperationRow = memo(function OperationRow(props: OperationRowProps) {
  const { operation, edit, isTaken, onEdit } = props
  const { name, description, outcome, reason, reads, deprecated } = operation
  const [isOpen, setOpen] = useState(false)
  const id = useId()
  const shownName = edit.name ?? name
  return (
    <div className="px-4 py-2.5">
      <div className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-start gap-x-3">
        <Checkbox
          className="mt-1"
          aria-labelledby={`${id}-name`}
          disabled={outcome === 'refused'}
          checked={isTaken}
          onCheckedChange={(take) => onEdit({ take })}
        />
        <div className="min-w-0">
          <div id={`${id}-name`} className="flex flex-wrap items-baseline gap-x-2">
            {shownName !== undefined && (
              <span className="font-medium [overflow-wrap:anywhere]">{shownName}</span>
            )}
            <span className="min-w-0 text-[0.87rem] text-ink-soft">
              <UntrustedText inline mono text={requestOf(operation)} limit={lineCharsShown} />
            </span>
          </div>
          <div className="line-clamp-2 text-[0.87rem] text-ink-soft">
            <UntrustedText inline text={oneLine(reason ?? description)} limit={lineCharsShown} />
          </div>
          <div className="mt-1 flex flex-wrap gap-1">
            <Badge tone={tones[outcome]}>{words[outcome]}</Badge>
            {outcome !== 'refused' && <Badge>{reads ? 'Reads' : 'Changes'}</Badge>}
            {deprecated === true && <Badge tone="warn">Deprecated</Badge>}
          </div>
        </div>
        <IconButton
          size="sm"
          label={isOpen ? 'Less' : 'More'}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? <ChevronDown aria-hidden="true" /> : <ChevronRight aria-hidden="true" />}
        </IconButton>
      </div>
      {isOpen && (
        <div className="mt-3 grid gap-3 pl-7.5">
          <Details operation={operation} edit={edit} onEdit={onEdit} />
        </div>
      )}
    </div>
  )
})

/** What the operation is in its document: its method and path, or where it has a name alone, those of its request. */
function requestOf({ key, name, method, url }: Operation): string {
  if (key !== name || method === undefined || url === undefined) return key
  return `${method} ${url.replace(/^https?:\/\/[^/]*/, '') || '/'}`
}

function Details({ operation, edit, onEdit }: Omit<OperationRowProps, 'isTaken'>) {
  const { name, description, outcome, reason, url, method } = operation
  if (outcome === 'refused') {
    return (
      <>
        <UntrustedText text={reason ?? 'It is refused.'} />
        <UntrustedText text={description} />
      </>
    )
  }
  const typed = edit.name ?? name ?? ''
  const isValid = ToolName.safeParse(typed).success
  return (
    <>
      {reason !== undefined && <UntrustedText text={reason} />}
      {url !== undefined && <UntrustedText mono text={`${method ?? ''} ${url}`} />}
      <Field
        label="Name of the tool"
        {...(!isValid && {
          error: 'It must begin with a letter and hold letters, digits, _ and -, at most 48.',
        })}
      >
        {(aria) => (
          <Input
            {...aria}
            className="max-w-md font-mono text-[0.93rem]"
            spellCheck={false}
            autoCapitalize="none"
            value={typed}
            onChange={({ target }) => onEdit({ name: target.value })}
          />
        )}
      </Field>
      <Field label="What the agent reads about it">
        {(aria) => (
          <Textarea
            {...aria}
            rows={3}
            value={edit.description ?? description}
            onChange={({ target }) => onEdit({ description: target.value })}
          />
        )}
      </Field>
      <Arguments operation={operation} />
    </>
  )
}

function Arguments({ operation }: { operation: Operation }) {
  if (operation.arguments.length === 0) {
    return <p className="text-[0.87rem] text-ink-soft">It takes no arguments.</p>
  }
  return (
    <ul className="grid gap-1 text-[0.87rem]">
      {operation.arguments.map(({ name, type, required, description }) => (
        <li key={name} className="[overflow-wrap:anywhere]">
          <UntrustedText inline mono text={name} limit={lineCharsShown} />{' '}
          <span className="text-ink-soft">
            {type}
            {required ? ', required' : ''}
          </span>
          {description !== undefined && (
            <span className="text-ink-soft">
              {' · '}
              <UntrustedText inline text={oneLine(description)} limit={lineCharsShown} />
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}
