import type { TemplateFault } from './template.ts'

/** Makes the fault of a path, with its place. */
export type Fail = (what: string) => TemplateFault

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/**
 * Goes on to the first of these characters outside of brackets and quotes; the end of the text where there is none. A bracket
 * is one only where a part begins, after `#` or `:`, or inside of another.
 */
export function scan(
  text: string,
  from: number,
  { stops, fail }: { readonly stops: string; readonly fail: Fail },
): number {
  const open: string[] = []
  let at = from
  while (at < text.length) {
    const character = text.charAt(at)
    if (open.length === 0 && stops.includes(character)) return at
    if (character === '\\') at += 1
    else if (character === '"' && (open.length > 0 || at === from)) at = endOfQuotes(text, at, fail)
    else if (
      closers[character] !== undefined &&
      (open.length > 0 || at === from || '#:'.includes(text.charAt(at - 1)))
    ) {
      open.push(closers[character])
    } else if (character === open.at(-1)) open.pop()
    at += 1
  }
  if (open.length > 0) throw fail(`the path ${JSON.stringify(text)} lacks a ${open.at(-1)}.`)
  return at
}

export function endOfQuotes(text: string, from: number, fail: Fail): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '"') return at
  }
  throw fail(`the path ${JSON.stringify(text)} has quotes that are not closed.`)
}
