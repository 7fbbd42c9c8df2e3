import type { HigressArgument } from './higress-types.ts'

const complexTypes = /^(?:array|list|object|map|dict)$/i

/** Whether an argument is one value: text, a number or a truth value. */
export const isScalar = ({ schema }: HigressArgument): boolean =>
  typeof schema.type === 'string'
    ? !complexTypes.test(schema.type.trim())
    : schema.type === undefined || schema.type === null

/** How Higress writes an argument outside of JSON: one value as it is, lists and objects as JSON. */
export function argumentItem(argument: HigressArgument): {
  readonly argument: string[]
  readonly explode: boolean
  readonly contentType?: 'application/json'
} {
  const plain = { argument: [argument.name], explode: false }
  return isScalar(argument) ? plain : { ...plain, contentType: 'application/json' }
}
