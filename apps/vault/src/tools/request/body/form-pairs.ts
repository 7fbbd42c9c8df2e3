import type { HttpBinding } from '@sallyport/contracts'
import { isOverrideName } from '../../../execute/request-query.ts'
import { type ArgumentObject, type ArgumentValue, isObject, valueAt } from '../argument-value.ts'
import { refuseArgument } from '../refuse-arguments.ts'

export type FormBody = Extract<NonNullable<HttpBinding['body']>, { kind: 'form' | 'multipart' }>
export type FormField = FormBody['fields'][number]

const restMax = 500
const nameCharsMax = 200

const rootOf = (name: string): string => name.split('[', 1)[0] ?? ''

/**
 * Those members of the object at `rest` that no field reads, in their order.
 * @throws Problem `invalid-arguments` where they are too many, or one takes the name of a field
 */
export function restMembers(
  body: FormBody,
  args: ArgumentObject,
): readonly (readonly [string, ArgumentValue])[] {
  if (body.rest === undefined) return []
  const path = body.rest.argument
  const value = valueAt(args, path)
  if (value === undefined || value === null) return []
  if (!isObject(value))
    return refuseArgument(path, 'must be an object: its members are the fields of a form')
  const read = new Set<string>()
  const taken = new Set<string>()
  for (const field of body.fields) {
    taken.add(rootOf(field.name))
    if ('argument' in field && path.every((name, at) => field.argument[at] === name)) {
      read.add(field.argument[path.length] ?? '')
    }
  }
  const members = Object.entries(value).filter(([name]) => !read.has(name))
  if (members.length > restMax) refuseArgument(path, `holds more than ${restMax} fields`)
  for (const [name] of members) {
    if (name === '' || name.length > nameCharsMax || /\p{Cc}/u.test(name)) {
      refuseArgument(path, 'has a member whose name cannot be that of a field')
    }
    if (isOverrideName(name)) {
      refuseArgument([...path, name], 'has a name from which servers read another method')
    }
    if (taken.has(rootOf(name))) {
      refuseArgument([...path, name], 'has the name of another field of the form')
    }
  }
  return members
}
