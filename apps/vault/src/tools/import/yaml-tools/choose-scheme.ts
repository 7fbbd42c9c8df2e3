import { Problem } from '@sallyport/contracts'
import type { FoundPart } from '../curl/find-credential.ts'
import type { CommandScheme } from '../curl/join-parts.ts'
import type { ImportedScheme } from '../imported-toolset.ts'

/** How one tool signs in, under a name that tells it from all other ways of the document. */
export type ToolScheme = CommandScheme

/**
 * The scheme of a tool: by the name that the document gives it, else by the places and by where the secrets stood. Two keys that
 * go into the same header are two schemes.
 */
export function schemeOf(
  joined: CommandScheme | undefined,
  {
    parts,
    schemeId,
  }: { readonly parts: readonly FoundPart[]; readonly schemeId?: string | undefined },
): ToolScheme | undefined {
  if (joined === undefined) return undefined
  const extra = parts.length > 1 ? ` (${joined.name})` : ''
  const own = parts.find(({ where }) => where.endsWith('.security.credential'))
  if (schemeId !== undefined) {
    return {
      ...joined,
      name: own === undefined ? `${schemeId}${extra}` : `${schemeId} of ${own.where}`,
    }
  }
  const wheres = [...new Set(parts.map(({ where }) => where.replace(/^server\.config\./, '')))]
  const isConfig = parts.every(({ where }) => /^(?:server\.config\.|\$\{)/.test(where))
  return isConfig
    ? { ...joined, name: `${joined.name} from ${wheres.join(' + ')}`.slice(0, 200) }
    : joined
}

/** The scheme that was wanted, or the first that the vault can serve. @throws Problem `invalid-input` for one that there is not */
export function chooseScheme(
  schemes: readonly ImportedScheme[],
  wanted: string | undefined,
): ImportedScheme | undefined {
  if (wanted === undefined) return schemes.find(({ kind }) => kind !== undefined)
  const found = schemes.find(({ name }) => name === wanted)
  if (found !== undefined) return found
  const names = schemes.map(({ name }) => name).join(', ')
  throw new Problem('invalid-input', 'No tool of the document signs in by that scheme.', {
    next: names === '' ? 'Leave the scheme out.' : `Choose one of: ${names}.`,
    fields: [{ field: 'securityScheme', message: 'is no scheme of the document' }],
  })
}
