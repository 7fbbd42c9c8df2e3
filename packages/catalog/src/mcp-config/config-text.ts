// The values of a configuration file, in which a part may stand for something: `${TOKEN}`, `${env:TOKEN}`, `${input:token}`.

/** A text of the file: what stands there, and what is asked for. */
export type ConfigText = readonly (string | Reference)[]

/** A place that something has to be filled in. */
export interface Reference {
  /** The name of the variable, as the vault can have it. */
  readonly variable: string
  /** As it is written in the file. */
  readonly written: string
  /** What the file itself would take where nothing is given. */
  readonly proposal?: string
}

/** How the program that a file is for writes what stands for something else. */
export interface TextRules {
  /** `$NAME` is one too, and no text. */
  readonly takesBareNames: boolean
  /** `{env:NAME}`, as OpenCode has it. */
  readonly takesBraces: boolean
  /** The variable's name for an input of VS Code, or for a name that no variable may have. */
  readonly nameOf: (source: string) => string
}

/** A text that was read, or a sentence for why it cannot be. */
type ReadText = { readonly text: ConfigText } | { readonly fault: string }

const variableName = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/
const braces = /\$\{((?:[^{}]|\{[^{}]*\})*)\}/y
const bareName = /\$([A-Za-z_][A-Za-z0-9_]*)/y
const openCode = /\{(env|file):([^{}]*)\}/y
/** mcporter’s, for a whole value. */
const wholeName = /^\$env:([A-Za-z_][A-Za-z0-9_]*)$/

/** Folders and the like that an editor knows, under the names that it gives them. */
const editorWords: ReadonlySet<string> = new Set([
  ...['workspaceFolder', 'workspaceFolderBasename', 'workspaceRoot', 'userHome', 'cwd'],
  ...['pathSeparator', '/', 'file', 'fileDirname', 'execPath'],
])

/** Reads what stands for something else in a text. Nothing is looked up: names alone are found. */
export function readConfigText(text: string, rules: TextRules): ReadText {
  const whole = wholeName.exec(text)?.[1]
  if (whole !== undefined) return { text: [{ variable: rules.nameOf(whole), written: text }] }
  const pieces: (string | Reference)[] = []
  let plainFrom = 0
  let at = 0
  while (at < text.length) {
    const found = matchAt(text, at, rules)
    if (found === undefined) {
      at += 1
      continue
    }
    if ('fault' in found) return found
    if (at > plainFrom) pieces.push(text.slice(plainFrom, at))
    pieces.push(found.piece)
    at += found.length
    plainFrom = at
  }
  if (plainFrom < text.length) pieces.push(text.slice(plainFrom))
  return { text: pieces }
}

type Found = { readonly piece: string | Reference; readonly length: number }

function matchAt(
  text: string,
  at: number,
  rules: TextRules,
): Found | { fault: string } | undefined {
  const sign = text[at]
  if (sign === '\\' && text.startsWith('${', at + 1)) {
    const [written = ''] = exec(braces, text, at + 1) ?? []
    return written === '' ? undefined : { piece: written, length: written.length + 1 }
  }
  if (sign === '{' && rules.takesBraces) {
    const [written, kind, name = ''] = exec(openCode, text, at) ?? []
    if (written === undefined) return undefined
    if (kind === 'file') return { fault: `${written} names a file, which is not read.` }
    return { piece: { variable: rules.nameOf(name), written }, length: written.length }
  }
  if (sign !== '$') return undefined
  const [written, inside = ''] = exec(braces, text, at) ?? []
  if (written !== undefined) {
    const read = readInside(inside, written, rules)
    return 'fault' in read ? read : { piece: read, length: written.length }
  }
  const [bare, name = ''] = rules.takesBareNames ? (exec(bareName, text, at) ?? []) : []
  if (bare === undefined) return undefined
  return { piece: { variable: rules.nameOf(name), written: bare }, length: bare.length }
}

function exec(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

function readInside(
  inside: string,
  written: string,
  { nameOf }: TextRules,
): Reference | { fault: string } {
  if (editorWords.has(inside)) return { variable: nameOf(inside), written }
  const [, folder] = /^(workspaceFolder|workspaceRoot):.*$/s.exec(inside) ?? []
  if (folder !== undefined) return { variable: nameOf(inside), written }
  const [, kind, rest = ''] = /^(env|input):(.*)$/s.exec(inside) ?? []
  if (kind === 'input') return { variable: nameOf(`input:${rest}`), written }
  const [, name = '', , proposal] =
    /^([^:]*?)(:?-(.*))?$/s.exec(kind === 'env' ? rest : inside) ?? []
  if (!variableName.test(name)) {
    return { fault: `${written} stands for something that is none of the vault’s to know.` }
  }
  // A proposal that itself stands for something else is none.
  const isPlain = proposal !== undefined && !proposal.includes('$')
  return { variable: nameOf(name), written, ...(isPlain && { proposal }) }
}

/** The text as it stands in the file. */
export const writtenText = (text: ConfigText): string =>
  text.map((piece) => (typeof piece === 'string' ? piece : piece.written)).join('')

/** What it refers to. */
export const referencesOf = (text: ConfigText): readonly Reference[] =>
  text.filter((piece) => typeof piece !== 'string')

/** Names for variables; see createVariableNames. */
export type VariableNames = (source: string, wanted?: string) => string

/**
 * Names for what is no name of a variable, such as `input:api-key`: the same one for the same source, and never one for two.
 * Names that are fit already stay as they are.
 */
export function createVariableNames(): VariableNames {
  const given = new Map<string, string>()
  const taken = new Set<string>()
  return (source, wanted = source) => {
    const known = given.get(source)
    if (known !== undefined) return known
    const bare = wanted.replace(/^input:/, '').replaceAll(/[^A-Za-z0-9]+/g, '_')
    const start = /^[A-Za-z_]/.test(bare) ? bare : `_${bare}`
    const fit = variableName.test(wanted) ? wanted : start.replace(/^_+$/, 'input').slice(0, 90)
    let name = fit
    for (let count = 2; taken.has(name); count++) name = `${fit}_${count}`
    given.set(source, name)
    taken.add(name)
    return name
  }
}
