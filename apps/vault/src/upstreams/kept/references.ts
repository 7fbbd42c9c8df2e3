// Reads `${NAME}` and `$NAME` in values of headers and environments, and puts in what the names stand for.

/** A piece of a value: text as it stands, or a name. */
type Piece = { readonly text: string } | { readonly name: string }

/** `$$`, `${…}` with whatever is in it, `$NAME` with as long a name as there is. */
const marks = /\$\$|\$\{([^}]*)\}?|\$([A-Za-z_][A-Za-z0-9_]*)/g
const variableName = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/

/** A reference that is none: the sentence says what stands there. */
export class ReferenceFault extends Error {}

/** @throws ReferenceFault for a `${` that no name and `}` follow */
function piecesOf(value: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const match of value.matchAll(marks)) {
    const [whole, braced, plain] = match
    pieces.push({ text: value.slice(from, match.index) })
    from = match.index + whole.length
    if (whole === '$$') pieces.push({ text: '$' })
    else pieces.push({ name: nameOf(whole, braced ?? plain ?? '') })
  }
  return [...pieces, { text: value.slice(from) }]
}

function nameOf(whole: string, name: string): string {
  const isClosed = !whole.startsWith('${') || whole.endsWith('}')
  if (isClosed && variableName.test(name)) return name
  throw new ReferenceFault(
    `holds a reference that cannot be read: it is written \${NAME}, with letters, digits and _; $$ stands for one $`,
  )
}

/**
 * The names that a value refers to, each once.
 * @throws ReferenceFault
 */
export const namesIn = (value: string): string[] => [
  ...new Set(piecesOf(value).flatMap((piece) => ('name' in piece ? [piece.name] : []))),
]

/**
 * The value with what its names stand for in their places. What is put in is not looked at: a `$` there is a `$`.
 * @throws ReferenceFault for a name that stands for nothing
 */
export const resolveReferences = (value: string, known: ReadonlyMap<string, string>): string =>
  piecesOf(value)
    .map((piece) => {
      if ('text' in piece) return piece.text
      const found = known.get(piece.name)
      if (found === undefined) throw unknownName(piece.name)
      return found
    })
    .join('')

/** Nothing stands for the name. */
export const unknownName = (name: string) =>
  new ReferenceFault(`refers to ${name}, which is no variable of this workspace`)
