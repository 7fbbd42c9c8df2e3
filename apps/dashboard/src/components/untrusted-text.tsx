import { type Piece, revealCharacters } from '@sallyport/contracts'
import { Fragment, useState } from 'react'
import { classes } from './classes.ts'

const charsShown = 600
/** Line ends that are shown before "Show all": empty lines must not push away what stands below. */
const linesShown = 14
/** Nothing longer is put into the page at once, "show all" or not: each hidden character becomes an element. */
const charsShownMax = 100_000

interface UntrustedTextProps {
  readonly text: string
  /** Characters that are shown before "Show all". */
  readonly limit?: number
  /** In a row, a heading or a sentence: one line, in which a line's end is named too; `limit` cuts without "Show all". */
  readonly inline?: boolean
  /** A fixed-width font: paths, bodies, header values. */
  readonly mono?: boolean
}

/**
 * Text that an agent or an upstream wrote, exactly as it is and nothing more: never a link, never markup, every invisible,
 * turning or stacking character named in a mark of its own (S-28). Everything that did not come from an owner or from this
 * program is shown with it.
 */
export function UntrustedText(props: UntrustedTextProps) {
  const { text, limit = charsShown, inline = false, mono = false } = props
  const [isWhole, setWhole] = useState(false)
  const characters = [...text]
  const count = isWhole ? charsShownMax : limit
  const shown = isWhole || inline ? count : Math.min(count, endOfLines(characters, linesShown))
  const isCut = characters.length > shown
  const isLong = characters.length > Math.min(limit, endOfLines(characters, linesShown))
  const pieces = revealCharacters(isCut ? characters.slice(0, shown).join('') : text)
  const Wrapper = inline ? 'span' : 'div'
  return (
    <Wrapper>
      <bdi
        dir="ltr"
        className={classes(
          'overflow-clip [overflow-wrap:anywhere] [unicode-bidi:isolate]',
          'whitespace-pre-wrap',
          !inline && 'block',
          mono && 'font-mono text-[0.93em]',
        )}
      >
        {pieces.map((piece, index) => (
          <Fragment key={index}>
            <PieceView piece={piece} inline={inline} />
          </Fragment>
        ))}
        {isCut && '…'}
      </bdi>
      {!inline && isLong && (
        <button
          type="button"
          className="mt-1 text-[0.87rem] text-accent underline underline-offset-3"
          onClick={() => setWhole(!isWhole)}
        >
          {isWhole ? 'Show less' : `Show all ${characters.length.toLocaleString('en')} characters`}
        </button>
      )}
      {isWhole && isCut && (
        <p className="text-[0.87rem] text-ink-soft">
          Only the first {charsShownMax.toLocaleString('en')} characters are shown.
        </p>
      )}
    </Wrapper>
  )
}

/** Where so many lines end. */
function endOfLines(characters: readonly string[], lines: number): number {
  let left = lines
  const end = characters.findIndex((character) => {
    if (character === '\n') left -= 1
    return left === 0
  })
  return end === -1 ? characters.length : end
}

function PieceView({ piece, inline }: { piece: Piece; inline: boolean }) {
  if (piece.kind === 'text') return piece.source
  if (piece.kind === 'line-end') {
    return inline ? <Mark label="U+000A" name="line feed" /> : '\n'
  }
  return <Mark label={piece.label} name={piece.name} />
}

/** Looks like nothing that text could look like: only this program can make one. */
function Mark({ label, name }: { label: string; name: string }) {
  return (
    <span
      title={name}
      className="mx-px rounded-sm bg-warn-soft px-1 font-mono text-[0.8em] text-warn outline outline-warn/40 select-none"
    >
      ‹{label}›
    </span>
  )
}

/** A box with a fixed frame around what an agent wrote, so that it cannot be taken for the dashboard's own words. */
export function AgentWrote({ text, label = 'The agent wrote' }: { text: string; label?: string }) {
  return (
    <figure className="rounded-md border border-line bg-sunken">
      <figcaption className="border-b border-line px-3 py-1 text-[0.8rem] font-medium text-ink-soft">
        {label}
      </figcaption>
      <div className="px-3 py-2">
        <UntrustedText text={text} />
      </div>
    </figure>
  )
}
