import { TemplateFault } from './template.ts'

// Cuts a template into literal text and actions, and actions into tokens. Every character is looked at a bounded number of
// times: the expressions below cannot go back over what they have matched.

/** The most characters of a template. */
const templateCharactersMax = 65_536
/** The most tokens of one template's actions. */
const tokensMax = 20_000

export type TokenKind =
  /** `.a.b`, `.`: names below the dot. */
  | 'field'
  /** `$x.a`, `$` */
  | 'variable'
  | 'word'
  | 'number'
  | 'string'
  /** Between backticks. */
  | 'raw'
  | 'mark'

export interface Token {
  readonly kind: TokenKind
  /** As written; of a string, what it means. */
  readonly text: string
  readonly offset: number
  /** Nothing stands between it and the token before. */
  readonly joined: boolean
}

/** A literal text, or the tokens of one action. */
export type Piece =
  | { readonly text: string }
  | { readonly tokens: readonly Token[]; readonly offset: number; readonly end: number }

/** A fault that says where it is. */
export function faultAt(template: string, offset: number, what: string): TemplateFault {
  const before = template.slice(0, offset)
  const line = before.split('\n').length
  return new TemplateFault(`Line ${line}, column ${offset - before.lastIndexOf('\n')}: ${what}`)
}

const name = String.raw`[\p{L}\p{N}_]+(?:-[\p{L}\p{N}_]+)*`
const shapes: readonly (readonly [TokenKind, RegExp])[] = [
  [
    'number',
    /[+-]?(?:0x[0-9a-fA-F]{1,13}|\d{1,300}(?:\.\d{0,300})?(?:[eE][+-]?\d{1,3})?)(?![\p{L}\p{N}_])/uy,
  ],
  ['field', new RegExp(String.raw`\.(?:${name}(?:\.${name})*)?`, 'uy')],
  ['variable', new RegExp(String.raw`\$[\p{L}\p{N}_]*(?:\.${name})*`, 'uy')],
  ['word', /[\p{L}_][\p{L}\p{N}_]*/uy],
  ['string', /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/uy],
  ['raw', /`[^`]*`/uy],
  ['mark', /:=|[=|(),]/uy],
]
const space = /\s*/uy
const close = /-?\}\}/uy

/**
 * Cuts a template into pieces.
 * @throws TemplateFault naming the place
 */
export function lexTemplate(template: string): readonly Piece[] {
  if (template.length > templateCharactersMax) {
    throw new TemplateFault(
      `A template has at most ${templateCharactersMax} characters; this one has ${template.length}.`,
    )
  }
  const pieces: Piece[] = []
  let at = 0
  let tokens = 0
  let trimNext = false
  while (at < template.length) {
    const open = template.indexOf('{{', at)
    const end = open === -1 ? template.length : open
    const trims = open !== -1 && /^-\s/.test(template.slice(open + 2, open + 4))
    let text = template.slice(at, end)
    if (trimNext) text = text.slice(blanksBefore(text))
    if (trims) text = text.slice(0, blanksAfter(text))
    if (text !== '') pieces.push({ text })
    if (open === -1) break
    const action = lexAction(template, trims ? open + 3 : open + 2, open)
    tokens += action.tokens.length
    if (tokens > tokensMax) {
      throw faultAt(template, open, `a template has at most ${tokensMax} words and signs.`)
    }
    if (!action.comment) pieces.push({ tokens: action.tokens, offset: open, end: action.end })
    trimNext = action.trims
    at = action.end
  }
  return pieces
}

const blanks = ' \t\r\n'

function blanksBefore(text: string): number {
  let at = 0
  while (at < text.length && blanks.includes(text.charAt(at))) at += 1
  return at
}

function blanksAfter(text: string): number {
  let end = text.length
  while (end > 0 && blanks.includes(text.charAt(end - 1))) end -= 1
  return end
}

interface Action {
  readonly tokens: readonly Token[]
  readonly comment: boolean
  readonly end: number
  /** White space after it goes. */
  readonly trims: boolean
}

function lexAction(template: string, start: number, open: number): Action {
  const comment = lexComment(template, start, open)
  if (comment !== undefined) return comment
  const tokens: Token[] = []
  let at = start
  while (true) {
    const from = at
    at = endOf(space, template, at) ?? at
    const closed = endOf(close, template, at)
    if (closed !== undefined) {
      if (tokens.length === 0) throw faultAt(template, open, 'the action is empty.')
      return { tokens, comment: false, end: closed, trims: template[at] === '-' }
    }
    const found = readToken(template, at)
    if (found === undefined) {
      throw at >= template.length
        ? faultAt(template, open, 'the action is not closed by }}.')
        : faultAt(template, at, `${JSON.stringify(characterAt(template, at))} has no meaning here.`)
    }
    tokens.push({ ...found.token, joined: from === at && tokens.length > 0 })
    at = found.end
  }
}

const characterAt = (text: string, at: number): string =>
  String.fromCodePoint(text.codePointAt(at) ?? 0)

function endOf(shape: RegExp, text: string, at: number): number | undefined {
  shape.lastIndex = at
  return shape.test(text) ? shape.lastIndex : undefined
}

function lexComment(template: string, start: number, open: number): Action | undefined {
  const begin = endOf(space, template, start) ?? start
  if (!template.startsWith('/*', begin)) return undefined
  const end = template.indexOf('*/', begin + 2)
  const closed = end === -1 ? undefined : endOf(/\s*-?\}\}/uy, template, end + 2)
  if (closed === undefined) throw faultAt(template, open, 'the comment is not closed by */}}.')
  return { tokens: [], comment: true, end: closed, trims: template[closed - 3] === '-' }
}

function readToken(
  template: string,
  at: number,
): { token: Omit<Token, 'joined'>; end: number } | undefined {
  for (const [kind, shape] of shapes) {
    const end = endOf(shape, template, at)
    if (end === undefined) continue
    const text = template.slice(at, end)
    return {
      token: {
        kind,
        text: meaningOf(kind, text, (what) => faultAt(template, at, what)),
        offset: at,
      },
      end,
    }
  }
  return undefined
}

function meaningOf(kind: TokenKind, text: string, fault: (what: string) => TemplateFault): string {
  if (kind === 'raw') return text.slice(1, -1)
  return kind === 'string' ? unquote(text.slice(1, -1), fault) : text
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
}

/** Go's escapes in a quoted text. */
function unquote(text: string, fault: (what: string) => TemplateFault): string {
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{3})|([\s\S]))/gu,
    (all, ...groups: (string | undefined)[]) => {
      const [four, two, octal, one] = groups
      if (four !== undefined || two !== undefined) {
        return String.fromCharCode(Number.parseInt(four ?? two ?? '', 16))
      }
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) % 256)
      const meant = one === undefined ? undefined : escapes[one]
      if (meant === undefined) throw fault(`${all} is no escape.`)
      return meant
    },
  )
}
