/**
 * One place in a form of a secret: every byte string, as Latin-1, that can stand for what is there. Which of them is
 * used may differ from place to place, so that `s%65cr\u0065t` is found as well as `secret`.
 */
export type Position = readonly string[]

/** One way in which a secret can be written: its positions in order. */
export type Form = readonly Position[]

/** How deep encodings are followed: JSON in JSON, a URL in a URL. Doubling is what each level does. */
const backslashRuns = [1, 2, 4, 8] as const
const backslashesMax = 8
const percentLevelsMax = 3
const lineBreaks = ['\n', '\r\n', '\\n', '\\r\\n'] as const

const htmlNames: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** All the ways to mix the cases of hexadecimal digits. */
function hexCases(hex: string): string[] {
  let cases = ['']
  for (const digit of hex) {
    const forms = new Set([digit.toLowerCase(), digit.toUpperCase()])
    cases = cases.flatMap((start) => [...forms].map((form) => start + form))
  }
  return cases
}

const hex = (value: number, digits: number) => hexCases(value.toString(16).padStart(digits, '0'))
const join = (starts: readonly string[], ends: readonly string[]) =>
  starts.flatMap((start) => ends.map((end) => start + end))
const times = (text: string, count: number) => text.repeat(count)

/** `%41`, `%2541`, `%252541`: the escapes of one byte. */
function percentEscapes(byte: number): string[] {
  const prefixes = Array.from({ length: percentLevelsMax }, (_, level) => `%${times('25', level)}`)
  return join(prefixes, hex(byte, 2))
}

/** `\u0041` of JSON, with the backslashes of JSON in JSON; a character beyond the plane takes two. */
function jsonEscapes(character: string): string[] {
  return backslashRuns.flatMap((run) =>
    Array.from({ length: character.length }, (_, at) => character.charCodeAt(at)).reduce<string[]>(
      (starts, unit) => join(starts, join([`${times('\\', run)}u`], hex(unit, 4))),
      [''],
    ),
  )
}

function htmlEscapes(character: string): string[] {
  const code = character.codePointAt(0) ?? 0
  const digits = code.toString(16).length
  const hexadecimal = [0, 2, 4].flatMap((zeros) => hex(code, Math.max(digits, zeros)))
  const numbers = [`${code}`, `0${code}`, `00${code}`, ...join(['x', 'X'], hexadecimal)]
  const name = htmlNames[character]
  return [
    ...join(['&#', '&amp;#'], join(numbers, [';'])),
    ...(name === undefined ? [] : [name, name.replace('&', '&amp;')]),
  ]
}

/**
 * Positions that were made before. A memory of pure functions, so that a thousand credentials share the same few
 * hundred positions; only Latin-1 characters and the values of base64 are kept, which bounds it.
 */
const knownPositions = new Map<string, Position>()

function remember(key: string, make: () => Position): Position {
  const known = knownPositions.get(key)
  if (known !== undefined) return known
  const position = make()
  knownPositions.set(key, position)
  return position
}

/** Every form of one character in text, URLs, JSON, HTML, mail and source code. */
function textPosition(character: string): Position {
  const bytes = Buffer.from(character, 'utf8')
  const raw = bytes.toString('latin1')
  const percent = [...bytes].reduce<string[]>((all, byte) => join(all, percentEscapes(byte)), [''])
  const code = character.codePointAt(0) ?? 0
  const forms = [raw, ...percent, ...jsonEscapes(character), ...htmlEscapes(character)]
  if (code < 0x100) {
    const slashes = [1, 2, 4].map((run) => `${times('\\', run)}x`)
    forms.push(...join(slashes, hex(code, 2)), ...join(['='], hex(code, 2)))
  }
  forms.push(...join(['\\u{', '\\\\u{'], join(hex(code, 2), ['}'])))
  if (character === ' ') forms.push('+')
  if (`"'/\\`.includes(character)) {
    for (let run = 1; run < backslashesMax; run++) forms.push(times('\\', run) + character)
  }
  return forms
}

/** What base64 of one alphabet or the other can show for the values of six bits, escaped or at the end of a line. */
function base64Position(values: readonly number[], isFirst: boolean): Position {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  return values.flatMap((value) => {
    const characters =
      value === 62 ? ['+', '-'] : value === 63 ? ['/', '_'] : [alphabet[value] ?? '']
    return characters.flatMap((character) => {
      const code = character.charCodeAt(0)
      const forms = [character, ...percentEscapes(code), ...join(['\\u', '\\\\u'], hex(code, 4))]
      if (character === '/') forms.push('\\/', '\\\\/', '\\\\\\/')
      return isFirst ? forms : [...forms, ...join(lineBreaks, [character])]
    })
  })
}

/** What six bits from `offset` can be: those before and behind the bytes may be anything. */
function sixBits(bytes: Uint8Array, offset: number): number[] {
  const at = offset >> 3
  if (offset >= 0 && offset + 6 <= bytes.length * 8) {
    const two = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
    return [(two >> (10 - (offset & 7))) & 63]
  }
  let values = [0]
  for (let bit = offset; bit < offset + 6; bit++) {
    const isKnown = bit >= 0 && bit < bytes.length * 8
    const byte = bytes[bit >> 3] ?? 0
    const options = isKnown ? [(byte >> (7 - (bit & 7))) & 1] : [0, 1]
    values = values.flatMap((value) => options.map((option) => value * 2 + option))
  }
  return values
}

/**
 * Base64 of data in which `before` bytes (0, 1 or 2, modulo 3) precede the secret. The six bits at either edge that are
 * shared with a neighbour are met by every character that they can give, so that not even they stay.
 */
function base64Form(bytes: Uint8Array, before: number): Form {
  const first = before * 8
  const last = first + bytes.length * 8
  const form: Position[] = []
  for (let start = Math.floor(first / 6) * 6; start < last; start += 6) {
    const values = sixBits(bytes, start - first)
    const isFirst = form.length === 0
    const key = `base64 ${isFirst ? 'first ' : ''}${values}`
    form.push(remember(key, () => base64Position(values, isFirst)))
  }
  return form
}

/** Hexadecimal, in either case, run together or with a space, colon or hyphen between bytes. */
function hexForm(bytes: Uint8Array): Form {
  return [...bytes].flatMap((byte, at) => {
    const digits = byte.toString(16).padStart(2, '0')
    const high = hexCases(digits.slice(0, 1))
    const apart = () => [...high, ...join([' ', ':', '-'], high)]
    return [
      remember(`hex ${at === 0 ? '' : 'high '}${digits[0]}`, () => (at === 0 ? high : apart())),
      remember(`hex ${digits[1]}`, () => hexCases(digits.slice(1))),
    ]
  })
}

/** UTF-16 and UTF-32 in either byte order, for the characters that all of them show as one byte among NULs. */
function wideForm(characters: readonly string[]): Form {
  return characters.map((character, at) =>
    remember(`wide ${at === 0 ? '' : 'next '}${character}`, () =>
      at === 0 ? [character] : [`\0${character}`, `\0\0\0${character}`],
    ),
  )
}

/** The forms in which a secret is looked for. */
export function secretForms(secret: string): Form[] {
  const characters = [...secret]
  const bytes = Buffer.from(secret, 'utf8')
  const isLatin = characters.every((character) => (character.codePointAt(0) ?? 0) < 0x100)
  return [
    characters.map((character) =>
      character <= '\u00ff' && character.length === 1
        ? remember(`text ${character}`, () => textPosition(character))
        : textPosition(character),
    ),
    hexForm(bytes),
    base64Form(bytes, 0),
    base64Form(bytes, 1),
    base64Form(bytes, 2),
    ...(isLatin ? [wideForm(characters)] : []),
  ]
}
