import { findLong, findShort, type Meaning, type Option } from './option-table.ts'
import type { ShellCommand } from './shell-words.ts'
import { isOpen, shown } from './variable-marks.ts'

/** Why one command makes no tool; the others still may. It quotes no value of the command: any may be a key. */
export class CommandRefused extends Error {
  override name = 'CommandRefused'
}

/** One field of `-F`. */
export interface FormPart {
  readonly name: string
  readonly value: string
  readonly contentType?: string | undefined
  /** It is sent as a file of this name; which file, a call says. */
  readonly file?: string | undefined
}

/** What a command says of its request, before anything is made of it. */
export interface CurlRequest {
  readonly method?: string | undefined
  readonly url: string
  /** Names as they were written. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Pieces of the body, encoded where curl encodes them. */
  readonly data: readonly string[]
  /** Pieces of the query beside that of the URL. */
  readonly query: readonly string[]
  readonly isJson: boolean
  readonly form: readonly FormPart[]
  readonly user?: string | undefined
  readonly bearer?: string | undefined
  readonly sigv4?: string | undefined
  readonly cookies: readonly string[]
  readonly isHead: boolean
  /** `{}` and `[]` of the URL stand for themselves. */
  readonly isPlainUrl: boolean
  readonly notes: readonly string[]
}

type Writable = { -readonly [key in keyof CurlRequest]: CurlRequest[key] } & {
  urls: string[]
  headers: [string, string][]
  data: string[]
  query: string[]
  form: FormPart[]
  cookies: string[]
  notes: string[]
  isGet: boolean
  input: string | undefined
}

/** The words of a command, what it is given to read, and what was left out around it. */
type GivenWords = Pick<ShellCommand, 'words' | 'input' | 'notes'>

/**
 * Reads the words of a command as curl 8 would.
 * @throws CommandRefused, with a clause that says why
 */
export function readRequest({ words, input, notes = [] }: GivenWords): CurlRequest {
  const request: Writable = {
    ...{ url: '', urls: [], headers: [], data: [], query: [], form: [], cookies: [], input },
    notes: [...notes],
    ...{ isJson: false, isHead: false, isGet: false, isPlainUrl: false },
  }
  const rest = [...words].reverse()
  const next = (name: string) =>
    rest.pop() ?? refuseCommand(`the option ${name} stands last and lacks its value`)
  for (let word = rest.pop(); word !== undefined; word = rest.pop()) {
    if (word.startsWith('--') && word.length > 2) readLong(request, word, next)
    else if (word.startsWith('-') && word.length > 1) readShort(request, word, next)
    else if (word !== '--' && word !== '') request.urls.push(word)
  }
  return whole(request)
}

export function refuseCommand(why: string): never {
  throw new CommandRefused(shown(why))
}

type Next = (name: string) => string

function readLong(request: Writable, word: string, next: Next): void {
  const [, name = '', value] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(word) ?? []
  const option = findLong(name)
  if (option === undefined) refuseCommand(`the option --${name.slice(0, 60)} is not known`)
  if (!option.takesValue) apply(request, option, '')
  else apply(request, option, value ?? next(`--${name}`))
}

/** `-sSXPOST`: letters in a row, of which the first that takes a value takes the rest. */
function readShort(request: Writable, word: string, next: Next): void {
  for (let at = 1; at < word.length; at += 1) {
    const letter = word[at] ?? ''
    const option = findShort(letter)
    if (option === undefined) refuseCommand(`the option -${letter} is not known`)
    if (option.takesValue) {
      const rest = word.slice(at + 1)
      apply(request, option, rest === '' ? next(`-${letter}`) : rest)
      return
    }
    apply(request, option, '')
  }
}

function apply(request: Writable, option: Option, value: string): void {
  if ('refused' in option) refuseCommand(option.refused)
  if ('ignored' in option) {
    if (option.note !== undefined) request.notes.push(option.note)
    return
  }
  meaningOf[option.means](request, value)
}

const isHeader = (name: string, text: string): boolean =>
  (name === '' || /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(name)) &&
  /^[\x20-\x7e\xa0-\xff\uE000\uE001]*$/.test(text)

const fromFile = (value: string) =>
  refuseCommand(
    `it reads ${value.slice(0, 80)} from a file, which the vault does not have: paste what stands in the file in its place`,
  )

const meaningOf: Readonly<Record<Meaning, (request: Writable, value: string) => void>> = {
  method: (request, value) => {
    request.method = value
  },
  header: (request, value) => {
    if (value.startsWith('@')) fromFile(value)
    const [, name = '', text] = /^([^:;]*)(?::([\s\S]*))?/.exec(value) ?? []
    if (isOpen(name)) refuseCommand('the name of a header is not known')
    if (text === undefined) return // `Name;` is an empty header, which no tool needs.
    if (!isHeader(name.trim(), text.trim())) {
      refuseCommand('a header of it is none that can be sent')
    }
    request.headers.push([name.trim(), text.trim()])
  },
  data: (request, value) => {
    // As curl reads a file that it sends so: lines are joined.
    const text = value === '@-' ? request.input?.replaceAll(/[\r\n]/g, '') : undefined
    request.data.push(text ?? (value.startsWith('@') ? fromFile(value) : value))
  },
  'data-binary': (request, value) => {
    const text = value === '@-' ? request.input : undefined
    request.data.push(text ?? (value.startsWith('@') ? fromFile(value) : value))
  },
  'data-raw': (request, value) => {
    request.data.push(value)
  },
  'data-urlencode': (request, value) => {
    request.data.push(encodePart(value))
  },
  json: (request, value) => {
    const text = value === '@-' ? request.input : undefined
    if (text === undefined && value.startsWith('@')) fromFile(value)
    request.isJson = true
    // Several of them are one text, as curl joins them.
    request.data = [[...request.data, text ?? value].join('')]
  },
  form: (request, value) => {
    request.form.push(readFormPart(value))
  },
  'form-string': (request, value) => {
    const [, name = '', text = ''] = /^([^=]*)=([\s\S]*)$/.exec(value) ?? [undefined, value]
    request.form.push({ name, value: text })
  },
  user: (request, value) => {
    request.user = value
  },
  get: (request) => {
    request.isGet = true
  },
  head: (request) => {
    request.isHead = true
  },
  cookie: (request, value) => {
    if (!value.includes('=') && !isOpen(value)) fromFile('its cookies')
    request.cookies.push(value)
  },
  'user-agent': (request, value) => {
    meaningOf.header(request, `User-Agent: ${value}`)
  },
  referer: (request, value) => {
    meaningOf.header(request, `Referer: ${value.replace(/;auto$/, '')}`)
  },
  url: (request, value) => {
    request.urls.push(value)
  },
  'url-query': (request, value) => {
    request.query.push(value.startsWith('+') ? value.slice(1) : encodePart(value))
  },
  bearer: (request, value) => {
    request.bearer = value
  },
  sigv4: (request, value) => {
    request.sigv4 = value
  },
  range: (request, value) => {
    meaningOf.header(request, `Range: bytes=${value}`)
  },
  'no-globbing': (request) => {
    request.isPlainUrl = true
  },
}

/** `content`, `=content`, `name=content`; what is not known is encoded once it is. */
function encodePart(value: string): string {
  const [, name = '', content] = /^([^=@]*)=([\s\S]*)$/.exec(value) ?? []
  if (content === undefined) {
    if (/^[^=]*@/.test(value)) fromFile(value)
    return encode(value)
  }
  return name === '' ? encode(content) : `${name}=${encode(content)}`
}

/** As forms are encoded; marks stay what they are. */
const encode = (text: string): string =>
  text
    .split(/(\uE000[^\uE001]*\uE001)/)
    .map((piece) => (isOpen(piece) ? piece : encodeURIComponent(piece)))
    .join('')

/** `name=value`, `name=@file`, `name=<file`, with `;type=`, `;filename=` behind. */
function readFormPart(text: string): FormPart {
  const [, name, rest = ''] = /^([^=]+)=([\s\S]*)$/.exec(text) ?? []
  if (name === undefined) refuseCommand('a field of its form is no name=value')
  // As curl cuts it: what is not quoted ends at the first semicolon.
  const [, quoted, plain = '', options = ''] =
    /^(?:([@<]?"(?:\\["\\]|[^"\\])*")|([^;]*))([\s\S]*)$/.exec(rest) ?? []
  const value = quoted === undefined ? plain : unquote(quoted)
  const option = (wanted: string) =>
    new RegExp(`;\\s*${wanted}=(?:"([^"]*)"|([^;]*))`).exec(options)?.slice(1).find(Boolean)?.trim()
  const contentType = option('type')
  const typed = contentType === undefined ? {} : { contentType }
  if (value.startsWith('@')) {
    const path = value.slice(1)
    const file = option('filename') ?? path.split(/[/\\]/).at(-1) ?? 'file'
    return { name, value: '', file: shown(file) || 'file', ...typed }
  }
  if (value.startsWith('<')) fromFile(value)
  return { name, value, ...typed }
}

const unquote = (text: string): string =>
  text.replace(/"((?:\\["\\]|[^"\\])*)"/, (_, within: string) =>
    within.replaceAll(/\\(["\\])/g, '$1'),
  )

function whole({ urls, isGet, input, ...request }: Writable): CurlRequest {
  const [url, another] = urls
  if (url === undefined) refuseCommand('it names no URL')
  if (another !== undefined) {
    refuseCommand(
      'it asks for more than one URL at once: a header or a value with a space has to stand in quotes',
    )
  }
  if (request.form.length > 0 && request.data.length > 0) {
    refuseCommand('it has -F and -d, of which curl takes one')
  }
  const asQuery = isGet || (request.isHead && request.data.length > 0)
  return {
    ...request,
    url,
    ...(asQuery && { data: [], query: [...request.query, ...request.data] }),
  }
}
