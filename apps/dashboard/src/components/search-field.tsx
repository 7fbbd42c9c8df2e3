import { useEffect, useState } from 'react'
import { Input } from './input.tsx'

/** Asked for once nothing was typed for as long. */
const typingMs = 250

interface SearchFieldProps {
  readonly text: string
  readonly onSearch: (text: string) => void
}

/** Searches a list by name while it is typed. */
export function SearchField({ text, onSearch }: SearchFieldProps) {
  const [typed, setTyped] = useState(text)
  useEffect(() => {
    if (typed === text) return
    const timer = setTimeout(() => onSearch(typed), typingMs)
    return () => clearTimeout(timer)
  }, [typed, text, onSearch])
  return (
    <Input
      type="search"
      aria-label="Search by name"
      placeholder="Search by name"
      className="max-w-md"
      maxLength={100}
      value={typed}
      onChange={({ target }) => setTyped(target.value)}
    />
  )
}
