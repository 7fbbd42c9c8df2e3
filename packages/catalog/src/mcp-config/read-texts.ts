// Texts of one server: what they refer to, which of them are keys, and what stands there in place of a key.
import {
  type ConfigText,
  readConfigText,
  referencesOf,
  type TextRules,
  writtenText,
} from './config-text.ts'
import { hasPassword } from './key-in-arguments.ts'
import { hintOf, isKeyName, isMasked, isPlaceholder, looksLikeKey } from './known-keys.ts'
import { type PlainSecret, ServerFault } from './server-draft.ts'

/** The longest text that is looked at; the vault takes no longer one. */
const textCharsMax = 16_384
const pairsMax = 200

/** What is known while one server is read. */
export interface Reading {
  readonly key: string
  readonly rules: TextRules
  /** Names of variables for what has none in the file: `wanted`, or that with a number. */
  readonly nameOf: (source: string, wanted?: string) => string
  /** Inputs of VS Code whose answer is a password. */
  readonly isSecretVariable: (variable: string) => boolean
  readonly reasons: string[]
  readonly secrets: PlainSecret[]
}

/** Reads one text. @throws ServerFault where something in it cannot be known */
function readText(text: string, where: string, { rules, reasons }: Reading): ConfigText {
  if (text.length > textCharsMax) throw new ServerFault(`${where} is too long.`)
  const read = readConfigText(text, rules)
  if ('fault' in read) throw new ServerFault(`${where}: ${read.fault}`)
  for (const { written, variable, proposal } of referencesOf(read.text)) {
    if (proposal !== undefined) {
      reasons.push(`${where}: ${written} is asked for, as ${variable}, with that proposed.`)
    } else if (!new RegExp(`[^A-Za-z0-9_]${variable}\\}?$`).test(written)) {
      reasons.push(`${where}: ${written} is the variable ${variable} here.`)
    }
  }
  return read.text
}

/** A text that is kept readable: no key may be in it, nor be filled in. @throws ServerFault where one is */
export function readPlainText(text: string, where: string, reading: Reading): ConfigText {
  const read = readText(text, where, reading)
  const isKey =
    looksLikeKey(text) ||
    hasPassword(text) ||
    referencesOf(read).some(
      (one) => isKeyName(one.variable) || reading.isSecretVariable(one.variable),
    )
  if (!isKey) return read
  throw new ServerFault(
    `${where} holds a key, and would be kept readable: give it in ${where === 'url' ? 'a header' : 'env'}, where the server takes it there.`,
  )
}

/**
 * Reads what is sealed: the environment, or headers. Where a placeholder stands for a key, the key is asked for.
 * @throws ServerFault for names that are none
 */
export function readSealed(
  pairs: readonly (readonly [string, string])[],
  kind: 'env' | 'headers',
  reading: Reading,
): Record<string, ConfigText> {
  if (pairs.length > pairsMax) throw new ServerFault(`${kind} has more than ${pairsMax} entries.`)
  const read = pairs.map(([name, value]) => {
    requireName(name, kind)
    return [name, readValue(name, value, { kind, reading })] as const
  })
  const names = read.map(([name]) => (kind === 'headers' ? name.toLowerCase() : name))
  if (new Set(names).size < names.length) throw new ServerFault(`${kind} names one thing twice.`)
  return Object.fromEntries(read)
}

const names = {
  env: /^[A-Za-z_][A-Za-z0-9_]{0,199}$/,
  headers: /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/,
} as const

function requireName(name: string, kind: 'env' | 'headers'): void {
  if (names[kind].test(name) && name !== '__proto__') return
  const what = kind === 'env' ? 'an environment variable' : 'a header'
  throw new ServerFault(`${kind} has a name that is none of ${what}.`)
}

interface Sealed {
  readonly kind: 'env' | 'headers'
  readonly reading: Reading
}

const scheme = /^((?:Bearer|Token|Basic|ApiKey|Key)\s+)(\S.*)$/i

function readValue(name: string, value: string, { kind, reading }: Sealed): ConfigText {
  const where = `${kind}.${name}`
  if (/[\r\n]/.test(value)) throw new ServerFault(`${where} holds more than one line.`)
  const text = readText(value, where, reading)
  if (referencesOf(text).length > 0) return text
  const [, before = '', rest = value] = scheme.exec(value) ?? []
  const isKey = isKeyName(name) || before !== ''
  if (isMasked(rest) || (isKey && isPlaceholder(rest))) {
    const wanted = kind === 'env' ? name : `${reading.key}_${name}`
    const variable = reading.nameOf(`${reading.key} ${where}`, wanted)
    reading.reasons.push(`${where} is no key yet: it is asked for, as ${variable}.`)
    return [...(before === '' ? [] : [before]), { variable, written: rest }]
  }
  if (kind === 'headers' && !/^[\x20-\x7e]*$/.test(value)) {
    throw new ServerFault(`${where} holds characters that no header may have.`)
  }
  if (rest !== '' && (isKey || looksLikeKey(value))) {
    reading.secrets.push({ where, hint: hintOf(rest) })
  }
  return text
}

/** A text without anything to fill in. @throws ServerFault where there is */
export function readFixedText(text: string, where: string, reading: Reading): string {
  const read = readText(text, where, reading)
  if (referencesOf(read).length === 0) return writtenText(read)
  throw new ServerFault(`${where} stands for something that has to be known.`)
}
