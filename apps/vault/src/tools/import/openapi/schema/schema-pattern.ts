import { compileLinearPattern } from '../../../request/schema/linear-pattern.ts'
import type { Data } from '../../read-document.ts'
import type { SchemaTally } from './schema-tally.ts'

/**
 * A pattern that can be matched in linear time stands as it is; another one is kept as a remark (`x-pattern`) that nobody
 * enforces.
 */
export function readPattern(
  pattern: Data | undefined,
  schema: Record<string, unknown>,
  tally: SchemaTally,
): void {
  if (typeof pattern !== 'string' || pattern === '') return
  tally.weight += 1
  if (compileLinearPattern(pattern, { steps: Number.MAX_SAFE_INTEGER }) !== undefined) {
    schema.pattern = pattern
    return
  }
  schema['x-pattern'] = pattern.slice(0, 500)
  tally.changes.add('A pattern that cannot be matched in linear time is not enforced.')
}
