import type { ErrorObject } from 'ajv/dist/2020.js'
import { referenceKeyword } from './prepare-schema.ts'
import { resolveReference } from './resolve-reference.ts'

const partsMax = 2000
/** The most faults of one branch that are told. */
const toldMax = 6

/**
 * What to tell where a value fits no branch of `anyOf` or `oneOf`: where each only wants another type, the types together; else
 * the faults of the branch that was probably meant, which is the one whose constants fit and that has the fewest faults.
 */
export function chooseBranch(
  error: ErrorObject,
  inside: readonly ErrorObject[],
  root: unknown,
): readonly ErrorObject[] {
  const isHere = ({ instancePath }: ErrorObject) => instancePath === error.instancePath
  if (inside.length > 0 && inside.every((one) => one.keyword === 'type' && isHere(one))) {
    const types = inside.flatMap(({ params }) => params.type as string | string[])
    return [{ ...error, keyword: 'type', params: { type: [...new Set(types)] } }]
  }
  const branches: readonly unknown[] = Array.isArray(error.schema) ? error.schema : []
  const ranked = branches
    .map((branch) => {
      const parts = partsOf(branch, root)
      const faults = inside.filter(({ parentSchema }) => parts.has(parentSchema))
      return { faults, distance: distanceOf(faults, isHere) }
    })
    .filter(({ faults }) => faults.length > 0)
    .toSorted((a, b) => a.distance - b.distance)
  const [best, second] = ranked
  if (best === undefined) return [error]
  const isClear = second === undefined || second.distance - best.distance >= constantWeight / 2
  return [...best.faults.slice(0, toldMax), ...(isClear ? [] : [error])]
}

const constantWeight = 100

/** How far a value is from a branch: another type is another thing, another constant another kind of it. */
function distanceOf(
  faults: readonly ErrorObject[],
  isHere: (fault: ErrorObject) => boolean,
): number {
  const weightOf = (fault: ErrorObject): number => {
    if (fault.keyword === 'type' && isHere(fault)) return 100 * constantWeight
    if (fault.keyword === 'const' || fault.keyword === 'enum') return constantWeight
    return 1
  }
  return faults.reduce((sum, fault) => sum + weightOf(fault), 0)
}

/** All schemas that a branch is made of, by identity: a fault names the one that it is a fault of. */
function partsOf(branch: unknown, root: unknown): ReadonlySet<unknown> {
  const parts = new Set<unknown>()
  const waiting = [branch]
  while (waiting.length > 0 && parts.size < partsMax) {
    const part = waiting.pop()
    if (typeof part !== 'object' || part === null || parts.has(part)) continue
    parts.add(part)
    waiting.push(...Object.values(part))
    const { $ref, [referenceKeyword]: lazy = $ref } = part as Record<string, unknown>
    if (typeof lazy === 'string') waiting.push(resolveReference(lazy, root))
  }
  return parts
}
