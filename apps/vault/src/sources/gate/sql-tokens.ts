import type { GateDialect } from './sql-gate.ts'

/**
 * A piece of a statement. `executable` is a comment that MySQL runs; `broken` is what has no end; `variable` begins with an @;
 * `odd` is a character that no statement needs outside of a text.
 */
export interface SqlToken {
  readonly kind:
    | 'word'
    | 'quoted'
    | 'string'
    | 'number'
    | 'place'
    | 'mark'
    | 'comment'
    | 'executable'
    | 'variable'
    | 'broken'
    | 'odd'
  readonly text: string
}

type Kind = SqlToken['kind']
type Rules = readonly (readonly [Kind, RegExp])[]

const word: Rules[number] = ['word', /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y]
const number: Rules[number] = ['number', /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[\w]*/y]
const plainString: Rules[number] = ['string', /'(?:[^']|'')*'/y]
const doubleQuoted = /"(?:[^"]|"")*"/y
const backQuoted: Rules[number] = ['quoted', /`(?:[^`]|``)*`/y]
const marks: Rules[number] = [
  'mark',
  /::|:=|<=>|<>|!=|<=|>=|\|\||&&|->>|->|<<|>>|[-+*/%=<>!~^|&(),.;:{}[\]?#@]/y,
]
const blockComment: Rules[number] = ['comment', /\/\*[\s\S]*?\*\//y]
const unfinished: Rules[number] = ['broken', /\/\*|['"`]/y]

/** The first rule that fits from a position on is the token: of one kind of text the whole has to fit, or it is broken. */
const rulesOf: Record<GateDialect, Rules> = {
  postgres: [
    ['comment', /--[^\n\r]*/y],
    ['string', /[eE]'(?:[^'\\]|''|\\[\s\S])*'/y],
    plainString,
    ['string', /\$((?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[\s\S]*?\$\1\$/y],
    ['place', /\$\d+/y],
    ['quoted', doubleQuoted],
    word,
    number,
    unfinished,
    marks,
  ],
  mysql: [
    ['executable', /\/\*M?!/y],
    blockComment,
    ['comment', /--(?=[ \t\r\n]|$)[^\n]*/y],
    ['comment', /#[^\n]*/y],
    ['string', /'(?:[^'\\]|''|\\[\s\S])*'/y],
    ['string', /"(?:[^"\\]|""|\\[\s\S])*"/y],
    backQuoted,
    ['variable', /@@?[\w.$`'"]*/y],
    ['place', /\?/y],
    word,
    number,
    unfinished,
    marks,
  ],
  sqlite: [
    ['comment', /--[^\n]*/y],
    blockComment,
    plainString,
    ['quoted', doubleQuoted],
    backQuoted,
    ['quoted', /\[[^\]]*\]/y],
    ['place', /\?\d*|[:@$#][A-Za-z_\u0080-\uffff0-9][\w$\u0080-\uffff]*/y],
    word,
    number,
    unfinished,
    marks,
  ],
}

/** Takes a statement apart as the server's own lexer does. White space is left out; nothing else is. */
export function tokensOf(dialect: GateDialect, statement: string): SqlToken[] {
  const tokens: SqlToken[] = []
  const blank = /[ \t\r\n]+/y
  let at = 0
  while (at < statement.length) {
    blank.lastIndex = at
    if (blank.test(statement)) {
      at = blank.lastIndex
      continue
    }
    const nested = dialect === 'postgres' ? nestedComment(statement, at) : undefined
    const token = nested ?? firstOf(rulesOf[dialect], statement, at)
    tokens.push(token)
    at += token.text.length
  }
  return tokens
}

function firstOf(rules: Rules, statement: string, at: number): SqlToken {
  for (const [kind, pattern] of rules) {
    pattern.lastIndex = at
    const text = pattern.exec(statement)?.[0]
    if (text !== undefined && text !== '') return { kind, text }
  }
  return { kind: 'odd', text: statement.charAt(at) }
}

/** PostgreSQL's comments hold others. */
function nestedComment(statement: string, start: number): SqlToken | undefined {
  if (!statement.startsWith('/*', start)) return undefined
  const edge = /\/\*|\*\//g
  edge.lastIndex = start
  let depth = 0
  for (let found = edge.exec(statement); found !== null; found = edge.exec(statement)) {
    depth += found[0] === '/*' ? 1 : -1
    if (depth === 0) return { kind: 'comment', text: statement.slice(start, edge.lastIndex) }
  }
  return { kind: 'broken', text: statement.slice(start) }
}

/** How many parameters a statement takes, and those that have a name of their own (`$1`, `?1`, `:name`). */
export function placesOf(dialect: GateDialect, statement: string) {
  const places = tokensOf(dialect, statement).filter(({ kind }) => kind === 'place')
  const texts = places.map(({ text }) => text)
  const numbered = new Set(texts.filter((text) => text !== '?'))
  const highest = Math.max(0, ...[...numbered].map((text) => Number(text.slice(1))))
  return { count: numbered.size === 0 ? texts.length : highest, numbered, isMixed: mixes(texts) }
}

/** `?` beside `$1`, or a name where a number is meant: nobody could say which value belongs where. */
const mixes = (places: readonly string[]): boolean =>
  (places.includes('?') && places.some((place) => place !== '?')) ||
  places.some((place) => place !== '?' && !/^[$?][1-9]\d{0,3}$/.test(place))

/** How deep brackets nest. */
export function nestingOf(tokens: readonly SqlToken[]): number {
  let depth = 0
  let deepest = 0
  for (const { kind, text } of tokens) {
    if (kind !== 'mark') continue
    if (text === '(' || text === '[') depth += 1
    else if (text === ')' || text === ']') depth -= 1
    deepest = Math.max(deepest, depth)
  }
  return deepest
}

/** Without comments, and without the semicolon at the end: what is left of a semicolon then is a second statement. */
export function statementTokens(tokens: readonly SqlToken[]): SqlToken[] {
  const said = tokens.filter(({ kind }) => kind !== 'comment')
  while (said.at(-1)?.text === ';' && said.at(-1)?.kind === 'mark') said.pop()
  return said
}

export const isMark = (token: SqlToken | undefined, text: string): boolean =>
  token?.kind === 'mark' && token.text === text

/** Whether it is this word, written as a word. */
export const isWord = (token: SqlToken | undefined, ...words: readonly string[]): boolean =>
  token?.kind === 'word' && words.includes(token.text.toUpperCase())
