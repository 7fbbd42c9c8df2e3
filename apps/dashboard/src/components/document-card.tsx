import { FileUp } from 'lucide-react'
import { type DragEvent, type ReactNode, useRef, useState } from 'react'
import { Button } from './button.tsx'
import { Card } from './card.tsx'
import { classes } from './classes.ts'
import { Field } from './field.tsx'
import { Textarea } from './input.tsx'
import { Notice } from './notice.tsx'
import { UntrustedText } from './untrusted-text.tsx'

/** More than this is not put into a field: browsers get slow with it. */
const editableCharsMax = 200_000
const fileNameCharsShown = 120

/** A document and, if it came from a file, how that is called. */
interface Source {
  readonly text: string
  readonly file?: string
}

interface DocumentCardProps {
  /** What is asked for: "Paste a document". */
  readonly label: string
  /** What kinds of it are taken, and what becomes of it. */
  readonly hint: string
  /** The most that can be given. */
  readonly bytesMax: number
  readonly isBusy: boolean
  /** A preview of what was given is shown: the document steps back. */
  readonly isShown: boolean
  readonly onDocument: (text: string) => void
  readonly onClear: () => void
}

/** Where a document is pasted, dropped or chosen. It is looked at, and is not kept. */
export function DocumentCard(props: DocumentCardProps) {
  const { label, hint, bytesMax, isBusy, isShown, onDocument, onClear } = props
  const [source, setSource] = useState<Source>({ text: '' })
  const [fault, setFault] = useState<string>()
  const take = (next: Source) => {
    const isTooLarge = new Blob([next.text]).size > bytesMax
    setFault(isTooLarge ? `It has more than ${inMegabytes(bytesMax)}.` : undefined)
    if (isTooLarge) return
    setSource(next)
    if (next.text.trim() !== '') onDocument(next.text)
  }
  const read = async (file: File | undefined) => {
    if (file === undefined) return
    if (file.size > bytesMax) setFault(`It has more than ${inMegabytes(bytesMax)}.`)
    else take({ text: await file.text(), file: file.name })
  }
  const again = () => {
    setSource({ text: '' })
    onClear()
  }
  if (isShown || isBusy) return <Summary source={source} isBusy={isBusy} onAgain={again} />
  return (
    <DropZone onFile={(file) => void read(file)}>
      <PasteField
        label={label}
        hint={hint}
        source={source}
        fault={fault}
        onType={(text) => setSource({ text })}
        onPaste={(text) => take({ text })}
      />
      <div className="flex flex-wrap items-center gap-2">
        <Button variant="primary" disabled={source.text.trim() === ''} onClick={() => take(source)}>
          Show what it becomes
        </Button>
        <FileButton onFile={(file) => void read(file)} />
        <span className="text-[0.87rem] text-ink-soft max-md:hidden">or drop a file here</span>
      </div>
    </DropZone>
  )
}

const inMegabytes = (bytes: number) => `${Math.round((bytes / 1024 / 1024) * 10) / 10} MB`
const sizeOf = (text: string) =>
  text.length < 100_000
    ? `${text.length.toLocaleString('en')} characters`
    : inMegabytes(text.length)

interface SummaryProps {
  readonly source: Source
  readonly isBusy: boolean
  readonly onAgain: () => void
}

function Summary({ source: { text, file }, isBusy, onAgain }: SummaryProps) {
  return (
    <Card>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p role="status" className="min-w-0">
          {isBusy ? 'Reading ' : ''}
          {file === undefined ? (
            'what you pasted'
          ) : (
            <UntrustedText inline mono text={file} limit={fileNameCharsShown} />
          )}
          <span className="text-ink-soft">, {sizeOf(text)}</span>
          {isBusy && '…'}
        </p>
        <Button size="sm" busy={isBusy} onClick={onAgain}>
          Another document
        </Button>
      </div>
    </Card>
  )
}

interface DropZoneProps {
  readonly onFile: (file: File | undefined) => void
  readonly children: ReactNode
}

function DropZone({ onFile, children }: DropZoneProps) {
  const [isOver, setOver] = useState(false)
  const over = (event: DragEvent) => {
    event.preventDefault()
    setOver(true)
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    onFile(event.dataTransfer.files[0])
  }
  return (
    <section
      aria-label="Document"
      onDragOver={over}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={classes(
        'grid gap-4 rounded-lg border bg-surface p-5',
        isOver ? 'border-accent bg-accent-soft' : 'border-line',
      )}
    >
      {children}
    </section>
  )
}

interface PasteFieldProps {
  readonly label: string
  readonly hint: string
  readonly source: Source
  readonly fault: string | undefined
  readonly onType: (text: string) => void
  readonly onPaste: (text: string) => void
}

function PasteField({ label, hint, source, fault, onType, onPaste }: PasteFieldProps) {
  if (source.text.length > editableCharsMax) {
    return (
      <Notice>
        <p>A document of {sizeOf(source.text)} is too long to be shown in a field.</p>
      </Notice>
    )
  }
  return (
    <Field label={label} hint={hint} error={fault}>
      {(aria) => (
        <Textarea
          {...aria}
          rows={10}
          autoFocus
          spellCheck={false}
          autoCapitalize="none"
          className="font-mono text-[0.87rem]"
          value={source.text}
          onChange={({ target }) => onType(target.value)}
          onPaste={(event) => {
            // Into what is being written a part may be pasted; alone it is the document.
            if (source.text.trim() !== '') return
            event.preventDefault()
            onPaste(event.clipboardData.getData('text'))
          }}
        />
      )}
    </Field>
  )
}

function FileButton({ onFile }: { onFile: (file: File | undefined) => void }) {
  const ref = useRef<HTMLInputElement>(null)
  return (
    <>
      <Button onClick={() => ref.current?.click()}>
        <FileUp aria-hidden="true" /> Choose a file
      </Button>
      <input
        ref={ref}
        type="file"
        accept=".json,.yaml,.yml,.txt,application/json"
        aria-label="File"
        className="hidden"
        onChange={({ target }) => {
          onFile(target.files?.[0])
          target.value = ''
        }}
      />
    </>
  )
}
