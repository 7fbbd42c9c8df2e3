/** What a body is to rules on answers. */
export type BodyFormat = 'json' | 'lines' | 'events' | 'form' | 'markup' | 'text' | 'binary'

const ofType: readonly (readonly [RegExp, BodyFormat])[] = [
  [/^(?:application|text)\/(?:json|[^/]+\+json)$/, 'json'],
  [/^(?:application|text)\/(?:x-)?(?:ndjson|jsonl|jsonlines|json-lines)$/, 'lines'],
  [/^text\/event-stream$/, 'events'],
  [/^application\/x-www-form-urlencoded$/, 'form'],
  [/^(?:text\/(?:html|xml)|application\/xml|[^/]+\/[^/]+\+xml)$/, 'markup'],
  [/^$|^text\//, 'text'],
]

/** Tells the format by the media type, in lower case and without parameters. `isText` says of others whether they are text. */
export function formatOf(type: string, isText: boolean): BodyFormat {
  const found = ofType.find(([pattern]) => pattern.test(type))?.[1]
  return found ?? (isText ? 'text' : 'binary')
}

const charsets: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii'])

/** Whether a content type says that its text is written in something that is not UTF-8. */
export function hasOtherCharset(contentType: string): boolean {
  return [...contentType.matchAll(/;\s*charset\s*=\s*(?:"([^"]*)"|([^;]*))/gi)].some(
    ([, quoted, bare]) => !charsets.has((quoted ?? bare ?? '').trim().toLowerCase()),
  )
}
