import { useEffect, useState } from 'react'

/** What comes within this time needs no sign that it is coming. */
const quietMs = 150

/** Grey lines in the place of what is being loaded. */
export function LoadingState({ lines = 5 }: { lines?: number }) {
  const [shown, setShown] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), quietMs)
    return () => clearTimeout(timer)
  }, [])
  if (!shown) return null
  const widths = ['w-1/3', 'w-full', 'w-5/6', 'w-full', 'w-2/3', 'w-3/4']
  return (
    <div role="status" aria-label="Loading" className="grid animate-pulse gap-3 py-2">
      {Array.from({ length: lines }, (_, line) => `line ${line}`).map((name, line) => (
        <div key={name} className={`h-4 rounded bg-sunken ${widths[line % widths.length]}`} />
      ))}
    </div>
  )
}
