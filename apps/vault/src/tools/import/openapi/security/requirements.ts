import { type Data, isList, isObject } from '../../read-document.ts'

/** Names of schemes that hold together, sorted; an empty one asks for nothing. */
export type Requirement = readonly string[]

/** Scheme names by which a requirement with several is called. */
export const joinNames = (requirement: Requirement): string => requirement.join(' + ')

const alternativesMax = 50
const schemesMax = 10

/**
 * Reads `security` (OpenAPI 3.1 §4.8.30): a list of alternatives, each of schemes that are needed together. Undefined where it says
 * nothing.
 */
export function readRequirements(security: Data | undefined): readonly Requirement[] | undefined {
  if (!isList(security)) return undefined
  return security
    .slice(0, alternativesMax)
    .filter(isObject)
    .map((one) => Object.keys(one).slice(0, schemesMax).sort())
}
