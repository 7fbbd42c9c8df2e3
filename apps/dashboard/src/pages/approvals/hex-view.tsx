import { useSyncExternalStore } from 'react'
import { LongRows } from './long-rows.tsx'
import { hexRow, hexRowCount } from './rows.ts'

const wide = '(min-width: 48rem)'

function subscribe(onChange: () => void): () => void {
  const list = matchMedia(wide)
  list.addEventListener('change', onChange)
  return () => list.removeEventListener('change', onChange)
}

/** The exact bytes: offset, hex, and ASCII where it is printable. */
export function HexView({ bytes, tall }: { bytes: Uint8Array; tall: boolean }) {
  const isWide = useSyncExternalStore(subscribe, () => matchMedia(wide).matches)
  const perRow = isWide ? 16 : 8
  return (
    <LongRows
      label="Bytes of the body"
      count={hexRowCount(bytes.length, perRow)}
      tall={tall}
      row={(index) => {
        const { offset, hex, ascii } = hexRow(bytes, index, perRow)
        return (
          <div className="flex gap-3 px-3 text-[0.8rem] whitespace-pre">
            <span className="text-ink-soft max-md:hidden">{offset}</span>
            <span>{hex.padEnd(perRow * 3 - 1)}</span>
            <span className="text-ink-soft">{ascii}</span>
          </div>
        )
      }}
    />
  )
}
