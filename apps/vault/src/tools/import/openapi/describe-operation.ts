import type { HttpBinding, HttpToolDefinition } from '@sallyport/contracts'
import { isPlaceholder, isSecret, withoutKeys } from '../curl/known-secrets.ts'
import { type Data, type DataObject, isList } from '../read-document.ts'
import { nameOfOperation, toToolName } from '../tool-names.ts'
import { cutText } from './schema/schema-annotations.ts'

/** Its operationId made safe, or its method and path. */
export function nameOf(
  source: DataObject,
  { method, path }: { readonly method: string; readonly path: string },
): string {
  const { operationId } = source
  const own = typeof operationId === 'string' ? toToolName(operationId) : undefined
  return own ?? nameOfOperation(method, shownPath(path))
}

/** A path without the secrets that stand behind its `?`. */
export const shownPath = (path: string): string =>
  path
    .split(/(?=[?&#])/)
    .map((part) => {
      const [, name = '', value = ''] = /^[?&]([^=]*)=(.*)$/.exec(part) ?? []
      return isSecret(name, value) && !isPlaceholder(value) ? part.slice(0, name.length + 2) : part
    })
    .join('')

const descriptionCharsMax = 8000

/** Title and description of an operation. */
export function describe(source: DataObject): { title?: string; description: string } {
  const read = (text: Data | undefined) =>
    typeof text === 'string' ? withoutKeys(text.slice(0, 2 * descriptionCharsMax)).trim() : ''
  const summary = read(source.summary)
  const long = read(source.description)
  const isSame = long.startsWith(summary)
  const both = isSame ? long : long === '' ? summary : `${summary}\n\n${long}`
  return {
    ...(summary !== '' && { title: cutText(summary.replaceAll(/\s+/g, ' '), 200) }),
    description: cutText(both.trim(), descriptionCharsMax),
  }
}

/** What the method says of an operation. */
export function annotate(method: HttpBinding['method']): HttpToolDefinition['annotations'] {
  if (method === 'GET' || method === 'HEAD') return { readOnlyHint: true, openWorldHint: true }
  const idempotentHint = method === 'PUT' || method === 'DELETE'
  return { readOnlyHint: false, destructiveHint: true, idempotentHint, openWorldHint: true }
}

export function readTags(tags: Data | undefined): { tags?: string[] } {
  if (!isList(tags)) return {}
  const names = tags.filter((tag) => typeof tag === 'string' && tag !== '')
  const kept = [...new Set(names)].slice(0, 20).map((tag) => cutText(String(tag), 100))
  return kept.length === 0 ? {} : { tags: kept }
}
