import type { Approval, FrozenRequestView } from '@sallyport/contracts'
import { type ReadBody, readBody } from '@sallyport/contracts'
import { useMemo, useState } from 'react'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { Notice } from '../../components/notice.tsx'
import { sizeOf } from '../../components/size-of.ts'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { Changed } from './changed.tsx'
import { HexView } from './hex-view.tsx'
import { LongRows } from './long-rows.tsx'
import type { Marks } from './marks.ts'
import { Pairs } from './pairs.tsx'
import { jsonRows, type Row, textRows } from './rows.ts'

const names = { json: 'JSON', form: 'Form', text: 'Text', bytes: 'Bytes' } as const
type View = keyof typeof names

interface BodyViewProps {
  readonly request: FrozenRequestView & { body: NonNullable<FrozenRequestView['body']> }
  readonly approval: Approval
  readonly marks: Marks
  readonly tall: boolean
}

/** The body that would be sent: as it can be read, as its text, and byte by byte. Nothing in it is ever run or followed. */
export function BodyView({ request, approval, marks, tall }: BodyViewProps) {
  const { body, headers } = request
  const contentEncoding = headers.find(({ name }) => /^content-encoding$/i.test(name))?.value
  const { contentType, base64 } = body
  const read = useMemo(
    () => readBody({ contentType, contentEncoding, base64 }),
    [contentType, contentEncoding, base64],
  )
  const [view, setView] = useState<View>(read.readable.kind)
  const [isTall, setTall] = useState(tall)
  const views = viewsOf(read)
  return (
    <div className="grid gap-2">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <h3 className="text-[0.93rem] font-semibold">
          Body <span className="font-normal text-ink-soft">{sizeOf(body.bytes)}</span>
          {marks.get('body') !== undefined && <Changed />}
        </h3>
        <div className="flex gap-1">
          {views.map((name) => (
            <Button
              key={name}
              size="sm"
              variant={name === view ? 'secondary' : 'quiet'}
              aria-pressed={name === view}
              onClick={() => setView(name)}
            >
              {names[name]}
            </Button>
          ))}
          <Button size="sm" variant="quiet" aria-pressed={isTall} onClick={() => setTall(!isTall)}>
            {isTall ? 'Smaller' : 'Larger'}
          </Button>
        </div>
      </div>
      {read.warnings.map((warning) => (
        <Notice key={warning} tone="warn">
          <p>{warning}</p>
        </Notice>
      ))}
      <BodyAs view={view} read={read} marks={marks} tall={isTall} />
      {view === 'bytes' && (
        <p className="text-[0.87rem] text-ink-soft [overflow-wrap:anywhere]">
          {body.bytes.toLocaleString('en')} bytes. SHA-256 of the whole request:{' '}
          <code className="font-mono">{approval.digest}</code>
        </p>
      )}
    </div>
  )
}

/** In which ways a body can be shown, the most readable first. */
function viewsOf({ readable, text }: ReadBody): View[] {
  const views: View[] = [readable.kind]
  if (text !== undefined && !views.includes('text')) views.push('text')
  if (!views.includes('bytes')) views.push('bytes')
  return views
}

interface BodyAsProps {
  readonly view: View
  readonly read: ReadBody
  readonly marks: Marks
  readonly tall: boolean
}

function BodyAs({ view, read, marks, tall }: BodyAsProps) {
  const { readable, text = '', bytes } = read
  const { rows, isCut } = useMemo(() => {
    if (view === 'json' && readable.kind === 'json') return jsonRows(readable.layout.lines)
    return view === 'text' ? textRows(text) : { rows: [], isCut: false }
  }, [view, readable, text])
  if (view === 'bytes') return <HexView bytes={bytes} tall={tall} />
  if (view === 'form' && readable.kind === 'form') {
    return <Pairs label="Fields of the form" pairs={readable.pairs} marks={marks} part="body" />
  }
  return (
    <>
      <LongRows
        label={`Body as ${names[view]}`}
        count={rows.length}
        tall={tall}
        row={(index) => <RowView row={rows[index]} marks={marks} />}
      />
      {isCut && (
        <p className="text-[0.87rem] text-ink-soft">
          Only the beginning is shown. “Bytes” shows all of it.
        </p>
      )}
    </>
  )
}

const indentMax = 16

function RowView({ row, marks }: { row: Row | undefined; marks: Marks }) {
  if (row === undefined) return null
  const { text, line, depth, path } = row
  const isChanged = path !== undefined && path !== 'body' && marks.get(path) !== undefined
  return (
    <div className={classes('flex gap-3 pr-3', isChanged && 'bg-warn-soft')}>
      <span
        aria-hidden="true"
        className="w-10 shrink-0 text-right text-[0.8rem] text-ink-soft select-none"
      >
        {line ?? '↳'}
      </span>
      <div className="min-w-0 flex-1" style={{ paddingLeft: `${Math.min(depth, indentMax)}rem` }}>
        <UntrustedText text={text} inline limit={text.length + 1} />
        {isChanged && line !== undefined && <Changed />}
      </div>
    </div>
  )
}
