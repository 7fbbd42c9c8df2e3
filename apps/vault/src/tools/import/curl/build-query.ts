import type { QueryItem } from '@sallyport/contracts'
import { schemaOfText } from './example-schema.ts'
import { type FoundPart, partOfQuery } from './find-credential.ts'
import { isPlaceholder, isSecret, isSecretName } from './known-secrets.ts'
import { refuseCommand } from './read-request.ts'
import type { ToolArguments } from './tool-arguments.ts'
import { isOpen } from './variable-marks.ts'

/** A name and its values, in the order in which they stood. */
export interface Pair {
  readonly name: string
  readonly values: readonly string[]
  /** It stood without `=`. */
  readonly isBare: boolean
}

/** Pieces of a query or a form, decoded, those of one name together. */
export function pairsOf(pieces: readonly string[]): Pair[] {
  const pairs = new Map<string, { values: string[]; isBare: boolean }>()
  for (const piece of pieces.flatMap((text) => text.split('&')).filter((text) => text !== '')) {
    const [, rawName = '', rawValue] = /^([^=]*)(?:=([\s\S]*))?$/.exec(piece) ?? []
    const name = decodeForm(rawName)
    const known = pairs.get(name) ?? { values: [], isBare: rawValue === undefined }
    known.values.push(decodeForm(rawValue ?? ''))
    pairs.set(name, known)
  }
  return [...pairs].map(([name, pair]) => ({ name, ...pair }))
}

function decodeForm(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced
  }
}

/** What a name takes: its value, or a list of values; a list of different types is one of texts. */
export const schemaOfPair = ({ name, values }: Pick<Pair, 'name' | 'values'>) => {
  const [first = ''] = values
  if (values.length === 1 && !name.endsWith('[]')) return schemaOfText(name, first)
  if (values.some(isOpen)) return { type: 'array', items: { type: 'string' } }
  const schemas = values.map((value) => schemaOfText(name, value))
  const [{ type } = { type: 'string' }] = schemas
  const isOneType = schemas.every((schema) => schema.type === type)
  const texts = isOneType ? schemas.flatMap(({ examples }) => examples ?? []) : [...values]
  return { type: 'array', items: { type: isOneType ? type : 'string' }, examples: [texts] }
}

/** Whether a parameter holds a key: by its name, or by its name and its value. */
export const isKeyPair = ({ name, values }: Pair): boolean =>
  values.length === 1 && (isSecret(name, values[0] ?? '') || isOpenKey(name, values[0] ?? ''))

/** `?key=$API_KEY`, `?token=<token>`: a name that may be a key's, and a word in its place. */
function isOpenKey(name: string, value: string): boolean {
  const isNamed = /^(?:key|token|auth)$/i.test(name)
  if (!isOpen(value)) return isNamed && value !== '' && isPlaceholder(value)
  const variable = value.replaceAll(/[\uE000\uE001]/g, '')
  return (
    isSecretName(variable) || (isNamed && /^(?:key|(?:\w+_)?(?:token|secret))$/i.test(variable))
  )
}

/** The query of a tool: keys go apart, everything else is asked for, and a name without a value stays as it is. */
export function buildQuery(
  pieces: readonly string[],
  args: ToolArguments,
): { readonly query: QueryItem[]; readonly parts: FoundPart[] } {
  const parts: FoundPart[] = []
  const query = pairsOf(pieces).flatMap((pair): QueryItem[] => {
    const { name, values } = pair
    if (isOpen(name) || name === '' || name.length > 200) {
      refuseCommand('the name of a parameter of its query is not known')
    }
    if (isKeyPair(pair)) {
      parts.push(partOfQuery(name, values[0] ?? ''))
      return []
    }
    if (values.every((value) => value === '')) return [{ name, value: '' }]
    const argument = [args.add(name, 'query', schemaOfPair(pair))]
    return [{ name, argument, style: 'form', explode: true }]
  })
  return { query, parts }
}
