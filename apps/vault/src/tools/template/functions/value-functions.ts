import { createHash } from 'node:crypto'
import { percentEncode } from '../percent-encode.ts'
import { TemplateFault } from '../template.ts'
import {
  isList,
  isMap,
  isMoment,
  jsonOf,
  jsonText,
  sizeOf,
  textOf,
  truthOf,
  urlText,
  type Value,
  wholeOf,
} from '../template-value.ts'
import { atLeast, type FunctionRun, type FunctionTable, fixed } from './template-function.ts'

/** The most characters that are drawn at random. */
const randomCharactersMax = 256
/** The most characters that are read as JSON. */
const jsonCharactersMax = 1_000_000

function toJson(value: Value, run: FunctionRun, indent?: number): Value {
  const text = jsonOf(value, indent)
  run.spend(Math.ceil(text.length / 8))
  return jsonText(text)
}

function fromJson(value: Value): Value {
  const text = textOf(value)
  if (text.length > jsonCharactersMax)
    throw new TemplateFault('a text of JSON is too long to be read.')
  try {
    return JSON.parse(text)
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
    throw new TemplateFault('fromJson was given a text that is not JSON.')
  }
}

function decode(value: Value, encoding: 'base64' | 'base64url'): string {
  const bytes = Buffer.from(textOf(value), encoding)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown
    throw new TemplateFault('b64dec was given something that is not text.')
  }
}

/** Go's url.QueryEscape. */
function urlQuery(values: readonly Value[]): Value {
  const plain = values.map(textOf).join('')
  return urlText(percentEncode(plain).replaceAll('%20', '+'), plain)
}

function escapeHtml(values: readonly Value[]): string {
  const signs: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&#34;',
    "'": '&#39;',
  }
  return values
    .map(textOf)
    .join('')
    .replace(/[&<>"']/g, (sign) => signs[sign] ?? sign)
}

/** A version 4 UUID (RFC 9562 §5.4). */
function uuid(run: FunctionRun): string {
  const bytes = Buffer.from(run.world.randomBytes(16))
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-')
}

const digits = '0123456789'
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Characters drawn at random: for nonces, not for keys. */
const random = (alphabet: string) =>
  fixed(1, ([count], run) => {
    const length = wholeOf(count)
    if (length < 0 || length > randomCharactersMax) {
      throw new TemplateFault(`at most ${randomCharactersMax} characters are drawn at random.`)
    }
    // Two bytes for each: the alphabets are so small that no character is noticeably likelier.
    const bytes = Buffer.from(run.world.randomBytes(length * 2))
    return Array.from({ length }, (_, at) =>
      alphabet.charAt(bytes.readUInt16BE(at * 2) % alphabet.length),
    ).join('')
  })

const hashed = (algorithm: 'sha1' | 'sha256' | 'sha512') =>
  fixed(1, ([value]) => createHash(algorithm).update(textOf(value)).digest('hex'))

/** Go's kinds, as Sprig names them. */
function kindOf(value: Value): string {
  if (value === undefined || value === null) return 'invalid'
  if (isList(value)) return 'slice'
  if (isMoment(value)) return 'struct'
  if (isMap(value)) return 'map'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64'
  return 'string'
}

const isKind = fixed(2, ([kind, value]) => textOf(kind) === kindOf(value))

export const valueFunctions: FunctionTable = {
  gjson: fixed(1, ([path]) => path),
  default: fixed(2, ([otherwise, value]) => (truthOf(value) ? value : otherwise)),
  empty: fixed(1, ([value]) => !truthOf(value)),
  coalesce: atLeast(1, (values) => values.find(truthOf)),
  all: atLeast(1, (values) => values.every(truthOf)),
  any: atLeast(1, (values) => values.some(truthOf)),
  kindOf: fixed(1, ([value]) => kindOf(value)),
  typeOf: fixed(1, ([value]) => kindOf(value)),
  kindIs: isKind,
  typeIs: isKind,
  toJson: fixed(1, ([value], run) => toJson(value, run)),
  toRawJson: fixed(1, ([value], run) => toJson(value, run)),
  /** As genai-toolbox calls it. */
  json: fixed(1, ([value], run) => toJson(value, run)),
  mustToJson: fixed(1, ([value], run) => toJson(value, run)),
  toPrettyJson: fixed(1, ([value], run) => {
    run.spend(sizeOf(value))
    return toJson(value, run, 2)
  }),
  fromJson: fixed(1, ([value]) => fromJson(value)),
  mustFromJson: fixed(1, ([value]) => fromJson(value)),
  b64enc: fixed(1, ([value]) => Buffer.from(textOf(value)).toString('base64')),
  b64dec: fixed(1, ([value]) => decode(value, 'base64')),
  urlquery: atLeast(1, urlQuery),
  urlqueryescape: atLeast(1, urlQuery),
  html: atLeast(1, escapeHtml),
  sha1sum: hashed('sha1'),
  sha256sum: hashed('sha256'),
  sha512sum: hashed('sha512'),
  uuidv4: fixed(0, (_, run) => uuid(run)),
  randNumeric: random(digits),
  randAlpha: random(letters),
  randAlphaNum: random(digits + letters),
}
