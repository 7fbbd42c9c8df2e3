import type { FieldFault } from '@sallyport/contracts'
import type { ErrorObject } from 'ajv/dist/2020.js'
import { faultsMax, fieldAt } from '../refuse-arguments.ts'
import { chooseBranch } from './choose-branch.ts'
import { messageOf } from './fault-messages.ts'
import { nearestName } from './nearest-name.ts'

/** More than that are not looked at: a list of a thousand wrong items is wrong for one reason. */
const readMax = 500

/**
 * Says what is wrong with arguments, one sentence for each place, so that a model can put it right: the deepest faults, what
 * may stand there, and for a name that is not known the nearest one that is.
 */
export function explainFaults(
  errors: readonly ErrorObject[],
  root: unknown,
): readonly FieldFault[] {
  const faults = new Map<string, FieldFault>()
  for (const error of withoutBranches(errors.slice(0, readMax), root)) {
    const fault = explain(error)
    const key = `${fault.field}\n${fault.message}`
    if (!faults.has(key)) faults.set(key, fault)
    if (faults.size > faultsMax) break
  }
  return [...faults.values()]
}

const partsOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))

function explain(error: ErrorObject): FieldFault {
  const path = partsOf(error.instancePath)
  const { params } = error
  if (error.keyword === 'required' || error.keyword === 'dependentRequired') {
    return {
      field: fieldAt([...path, String(params.missingProperty)]),
      message: 'must be given',
    }
  }
  const unknown = params.additionalProperty ?? params.unevaluatedProperty
  if (typeof unknown === 'string') {
    const known = Object.keys(error.parentSchema?.properties ?? {})
    return { field: fieldAt([...path, unknown]), message: nearestName(unknown, known) }
  }
  return { field: fieldAt(path), message: messageOf(error) }
}

/** Of `anyOf` and `oneOf` come first the faults of all branches and then their own. */
function withoutBranches(errors: readonly ErrorObject[], root: unknown): readonly ErrorObject[] {
  let kept: ErrorObject[] = []
  for (const error of errors) {
    if (error.keyword !== 'anyOf' && error.keyword !== 'oneOf') {
      if (error.keyword !== 'if') kept.push(error)
      continue
    }
    const isInside = (other: ErrorObject) =>
      `${other.instancePath}/`.startsWith(`${error.instancePath}/`)
    const inside = kept.filter(isInside)
    kept = kept.filter((other) => !isInside(other))
    kept.push(...chooseBranch(error, inside, root))
  }
  return kept
}
