import { type HttpBinding, Problem } from '@sallyport/contracts'
import type { ImportedToolset } from '../imported-toolset.ts'

export interface ChosenServer {
  readonly servers: ImportedToolset['servers']
  /** Where most go; empty where the document names no host and none was given. */
  readonly origin: string
  readonly notes: readonly string[]
  /** The binding with the origin to which it goes in the end. */
  place(binding: HttpBinding): HttpBinding
}

/**
 * To which server tools go: those of the document, or another one that takes the place of the first.
 * @param origins of all tools; empty for one without a host
 * @throws Problem `invalid-input` for a server that is no URL
 */
export function chooseServer(origins: readonly string[], wanted: string | undefined): ChosenServer {
  const counted = new Map<string, number>()
  for (const origin of origins) counted.set(origin, (counted.get(origin) ?? 0) + 1)
  const named = [...counted]
    .filter(([origin]) => origin !== '')
    .toSorted((one, other) => other[1] - one[1])
  const servers = named.map(([url, count]) => ({
    ...{ url, variables: [] },
    description: `${count} tool${count === 1 ? '' : 's'}`,
  }))
  const first = named[0]?.[0] ?? ''
  const given = wanted === undefined ? undefined : readServer(wanted)
  const isNamed = given !== undefined && given.path === '' && counted.has(given.origin)
  const replaced = given === undefined || isNamed ? undefined : counted.has('') ? '' : first
  const origin = given?.origin ?? first
  const place = (binding: HttpBinding): HttpBinding => {
    if (given === undefined) return binding.origin === '' ? { ...binding, origin } : binding
    if (binding.origin === '' || binding.origin === replaced) return movedTo(binding, given)
    return binding
  }
  const notes: string[] = []
  if (origin === '' && counted.size > 0)
    notes.push('The document names no host: give the server that it is for.')
  else if (counted.has('') && given === undefined)
    notes.push(`URLs without a host go to ${origin}.`)
  if (named.length > 1)
    notes.push(`Its tools go to ${named.length} servers: ${named.map(([url]) => url).join(', ')}.`)
  return { servers, origin, notes, place }
}

function readServer(text: string): { origin: string; path: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const fits =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    url.search === '' &&
    url.hash === ''
  if (fits) return { origin: url.origin, path: url.pathname.replace(/\/+$/, '') }
  throw new Problem('invalid-input', 'The server cannot be used: it is no absolute URL.', {
    next: 'Give an absolute URL: https://api.example.com/v1',
    fields: [{ field: 'server', message: 'must be an absolute URL without a query' }],
  })
}

function movedTo(
  binding: HttpBinding,
  { origin, path }: { origin: string; path: string },
): HttpBinding {
  if (path === '') return { ...binding, origin }
  const [first, ...others] = binding.path
  const joined =
    first !== undefined && 'text' in first
      ? [{ text: path + first.text }, ...others]
      : [{ text: path }, ...binding.path]
  return { ...binding, origin, path: joined }
}
