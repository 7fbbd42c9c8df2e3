import type { SensitiveCondition } from '@sallyport/contracts'
import type { BodyField } from './body-field.ts'
import type { BodyNode } from './body-node.ts'
import type { Answer } from './compare.ts'
import { hasHidden } from './hidden-text.ts'
import type { ReadBody } from './read-body.ts'
import type { RuleSubject } from './rule-subject.ts'
import { compileSensitive, type SensitiveFinder } from './sensitive/compile-sensitive.ts'
import { atOnce, type Turns } from './sensitive/turns.ts'
import { type CompiledCondition, compileBodyCondition } from './test-condition.ts'
import { placesOf, textsOf } from './visit-texts.ts'

/** A search for sensitive data made ready. */
export interface CompiledSensitive {
  /** Undefined where the expression of an owner's own kind makes no sense: it is unclear about every request. */
  readonly finder: SensitiveFinder | undefined
  /** Where it looks; undefined: in the whole body and the query. */
  readonly fields: readonly CompiledCondition[] | undefined
}

/** Compiles a search. Never throws. */
export function compileSensitiveCondition({
  kinds,
  custom,
  fields,
}: SensitiveCondition): CompiledSensitive {
  return {
    finder: compileFinder(kinds, custom),
    fields: fields?.map((path) => compileBodyCondition({ path, op: 'exists' })),
  }
}

function compileFinder(
  kinds: SensitiveCondition['kinds'],
  custom: SensitiveCondition['custom'],
): SensitiveFinder | undefined {
  try {
    return compileSensitive(kinds, custom)
  } catch {
    return undefined // Saving refuses such an expression; it is one that another version of the vault took.
  }
}

/** Whether a request holds what is looked for. What was looked for ahead is not looked for again. */
export const testSensitive = (sensitive: CompiledSensitive, subject: RuleSubject): Answer =>
  subject.searched?.get(sensitive)?.answer ?? atOnce(searchRequest(sensitive, subject))

/** The same, with pauses. */
export function* searchRequest(
  sensitive: CompiledSensitive,
  subject: Pick<RuleSubject, 'query' | 'body'>,
): Turns<Answer> {
  const inQuery =
    sensitive.fields === undefined ? yield* searchQuery(sensitive, subject.query()) : 'no'
  if (inQuery === 'yes') return 'yes'
  const body = subject.body()
  const inBody = body === 'unknown' ? 'unknown' : yield* searchBody(sensitive, body)
  if (inBody === 'yes') return 'yes'
  if (inQuery === 'unknown' || inBody === 'unknown') return 'unknown'
  return inQuery === 'unclear' ? 'unclear' : inBody
}

/** Whether the query does. Names count too: `?123-45-6789` is one. */
export function* searchQuery(
  { finder }: CompiledSensitive,
  query: readonly BodyField[] | undefined,
): Turns<Answer> {
  if (query === undefined) return 'unknown'
  if (query.length === 0) return 'no'
  if (finder === undefined) return 'unclear'
  let answer: Answer = 'no'
  for (const { name, node } of query) {
    if (yield* hasHidden(finder, name, undefined)) return 'yes'
    if (node === undefined) answer = 'unknown'
    else if (yield* hasHidden(finder, String(node.value), name)) return 'yes'
  }
  return answer
}

/** Whether the body does. */
export function* searchBody({ finder, fields }: CompiledSensitive, body: ReadBody): Turns<Answer> {
  if (body.kind === 'none') return 'no'
  const places = placesOf(body, fields)
  if (places === undefined || finder === undefined) return 'unclear'
  let answer: Answer = 'no'
  for (const text of places.flatMap(textsOf)) {
    yield
    if (text === undefined) answer = 'unclear'
    else if (yield* hasHidden(finder, text.text, text.beside)) return 'yes'
    else if (hasNumber(finder, text.node, text.beside)) return 'yes'
  }
  return answer
}

/** A number that is written with an exponent is another text than the digits that it means. */
export function hasNumber(
  finder: SensitiveFinder,
  { type, value, literal }: BodyNode,
  beside: string | undefined,
): boolean {
  return type === 'number' && String(value) !== literal && finder.has(String(value), beside)
}
