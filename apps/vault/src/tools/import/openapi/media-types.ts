import { type Data, type DataObject, isObject } from '../read-document.ts'
import type { References } from './references.ts'

/** How a body of a media type is written. */
export type BodyKind = 'json' | 'form' | 'multipart' | 'raw'

/** One entry of `content`. */
export interface MediaEntry {
  readonly kind: BodyKind
  /** As it is sent. */
  readonly contentType: string
  readonly media: DataObject
}

const mediaType = /^[a-z0-9!#$&^_.+*-]+\/[a-z0-9!#$&^_.+*-]+$/

/** What is preferred where a body can be written in several ways: what an agent writes best goes first. */
const order: readonly ((essence: string) => boolean)[] = [
  (type) => type === 'application/json',
  (type) => type === 'application/merge-patch+json',
  (type) => type.endsWith('+json') && type !== 'application/json-patch+json',
  (type) => type === '*/*' || type === 'application/*',
  (type) => type === 'text/json' || type === 'application/json-patch+json',
  (type) => type === 'application/x-www-form-urlencoded',
  (type) => type === 'multipart/form-data',
  (type) => type.startsWith('multipart/'),
  (type) => type.startsWith('text/'),
  () => true,
]

/** The entry of `content` that is taken; undefined where there is none that names a media type. */
export function chooseMedia(
  content: Data | undefined,
  references: References,
): MediaEntry | undefined {
  if (!isObject(content)) return undefined
  const entries = Object.entries(content)
    .slice(0, 100)
    .flatMap(([name, value]) => {
      const essence = essenceOf(name)
      return mediaType.test(essence) && name.length <= 200
        ? [{ name: name.trim(), essence, value }]
        : []
    })
  for (const fits of order) {
    const found = entries.find(({ essence }) => fits(essence))
    if (found === undefined) continue
    const { value } = references.follow(found.value)
    const media = isObject(value) ? value : Object.create(null)
    return { ...toKind(found.essence, found.name), media }
  }
  return undefined
}

export const essenceOf = (name: string): string =>
  (name.split(';', 1)[0] ?? '').trim().toLowerCase()

export const isJsonType = (essence: string): boolean =>
  essence === 'application/json' || essence === 'text/json' || essence.endsWith('+json')

function toKind(essence: string, name: string): Pick<MediaEntry, 'kind' | 'contentType'> {
  if (essence === '*/*' || essence === 'application/*') {
    return { kind: 'json', contentType: 'application/json' }
  }
  // A range is no type: `application/*+json` is JSON all the same.
  if (isJsonType(essence)) {
    return { kind: 'json', contentType: essence.includes('*') ? 'application/json' : name }
  }
  if (essence === 'application/x-www-form-urlencoded') return { kind: 'form', contentType: name }
  if (essence.startsWith('multipart/')) {
    const contentType = essence.includes('*') ? 'multipart/form-data' : essence
    return { kind: 'multipart', contentType }
  }
  return { kind: 'raw', contentType: name }
}
