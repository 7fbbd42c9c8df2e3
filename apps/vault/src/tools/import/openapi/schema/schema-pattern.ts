import { compileLinearPattern } from '../../../request/schema/linear-pattern.ts'
import type { DataObject } from '../../read-document.ts'
import type { SchemaTally } from './schema-tally.ts'

/**
 * A pattern that can be matched in linear time stands as it is; another one is kept as a remark (`x-pattern`) that nobody
 * enforces.
 */
export function readPattern(
  { pattern, 'x-pattern': remark }: DataObject,
  schema: Record<string, unknown>,
  tally: SchemaTally,
): void {
  // In a document that was written from tools.
  if (pattern === undefined && typeof remark === 'string')
    schema['x-pattern'] = remark.slice(0, 500)
  if (typeof pattern !== 'string' || pattern === '') return
  tally.weight += 1
  if (compileLinearPattern(pattern, { steps: Number.MAX_SAFE_INTEGER }) !== undefined) {
    schema.pattern = pattern
    return
  }
  schema['x-pattern'] = pattern.slice(0, 500)
  tally.changes.add('A pattern that cannot be matched in linear time is not enforced.')
}
