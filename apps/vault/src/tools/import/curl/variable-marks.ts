// What a shell would put in the place of `$NAME` is not known here. In a word it is marked by two characters of the private use
// area, which no command holds otherwise, so that texts stay texts until it is known where they go.

const begin = '\uE000'
const end = '\uE001'
const one = /\uE000([^\uE000\uE001]*)\uE001/

/** Whether a text holds what marks are made of, before any were made. */
export const holdsMarks = (text: string): boolean => text.includes(begin) || text.includes(end)

export const markOf = (name: string): string => `${begin}${name}${end}`

/** Whether something in it is not known. */
export const isOpen = (text: string): boolean => text.includes(begin)

/** The name of the variable that is all of the text. */
export function wholeVariable(text: string): string | undefined {
  const [all, name] = one.exec(text) ?? []
  return all === text ? name : undefined
}

/** Texts and variables in turn. */
export function piecesOf(text: string): ({ readonly text: string } | { readonly name: string })[] {
  return text
    .split(/(\uE000[^\uE000\uE001]*\uE001)/)
    .filter((piece) => piece !== '')
    .map((piece) => {
      const name = wholeVariable(piece)
      return name === undefined ? { text: piece } : { name }
    })
}

/** As it was written, for people: `Bearer $TOKEN`. */
export const shown = (text: string): string =>
  text.replaceAll(/\uE000([^\uE000\uE001]*)\uE001/g, (_, name: string) => `$${name}`)

/** A variable's name as that of an argument: shouted names are put in lower case. */
export const argumentOf = (name: string): string =>
  /^[A-Z0-9_]+$/.test(name) ? name.toLowerCase() : name
