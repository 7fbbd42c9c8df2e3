import { PathPattern } from '@sallyport/contracts'

/** What is wrong with path patterns, by line; nothing where all are in order. */
export function pathFaults(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path, index) => {
    const checked = PathPattern.safeParse(path)
    if (checked.success) return []
    const [issue] = checked.error.issues
    return [`Line ${index + 1}, ${quoted(path)}, ${issue?.message ?? 'is not a path'}.`]
  })
}

const quotedMax = 40
const quoted = (text: string) =>
  `“${text.length > quotedMax ? `${text.slice(0, quotedMax)}…` : text}”`

/** The paths of a text with one a line; a whole URL that was pasted is read as its path. */
export function readPaths(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) =>
      /^https?:\/\//i.test(line) && URL.canParse(line) ? new URL(line).pathname : line,
    )
}
