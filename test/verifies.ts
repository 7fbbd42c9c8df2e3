import { type RequirementId, requirements } from './requirements.ts'

/**
 * Says that the test it stands in proves these promises. `requirements.test.ts` reads the citations from the source,
 * so each id is written as a literal; a test that cites a promise and cannot fail is worse than no test.
 * @throws Error for an id that is not in the table: types are not checked while tests run
 */
export function verifies(...ids: RequirementId[]): void {
  if (ids.length === 0) throw new Error('verifies() names at least one promise')
  for (const id of ids) {
    if (!Object.hasOwn(requirements, id)) throw new Error(`There is no promise ${id}`)
  }
}
