import { printable } from './terminal.ts'

/** What stands before each line of it: only this program writes it, so that no line can be taken for the program's own. */
const margin = '  │ '
/** A window may be narrower than a line is worth. */
const widthMin = 20
/** Tells a double-width character well enough to never run over the edge of the window. */
const wideFrom = 0x1100

interface Block {
  /** Columns of the window. */
  readonly width: number
  /** Characters that are shown; the rest is counted. */
  readonly charsMax?: number
}

const charsMaxDefault = 20_000

/**
 * Several lines that an agent or an upstream wrote, in a margin. They are wrapped here and not by the terminal, which would
 * put the rest of a long line where the program's own lines begin (S-28).
 */
export function untrustedBlock(text: string, { width, charsMax = charsMaxDefault }: Block): string {
  const characters = [...text]
  const shown = characters.slice(0, charsMax).join('')
  const lines = shown
    .split('\n')
    .flatMap((line) => wrap(printable(line), Math.max(width - margin.length, widthMin)))
    .map((line) => `${margin}${line}`.trimEnd())
  const left = characters.length - charsMax
  return [...lines, ...(left > 0 ? [`  … and ${left} more characters`] : [])].join('\n')
}

function wrap(line: string, columns: number): string[] {
  const rows: string[] = []
  let row = ''
  let used = 0
  for (const character of line) {
    const wide = (character.codePointAt(0) ?? 0) >= wideFrom ? 2 : 1
    if (used + wide > columns) {
      rows.push(row)
      row = ''
      used = 0
    }
    row += character
    used += wide
  }
  return [...rows, row]
}

/** The columns of the window, or what suits a file. */
export const windowWidth = ({ columns }: { columns?: number }): number => columns ?? 100
