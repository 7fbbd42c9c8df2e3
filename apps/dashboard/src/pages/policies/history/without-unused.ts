import type { AllowEntry, PolicyDocument } from '@sallyport/contracts'
import type { Output } from '../../../api.ts'

export type Suggested = Output<'suggestPolicy'>
export type Unused = Suggested['unused'][number]

/** Whether nothing of an entry was used. */
export const isWhollyUnused = ({ entry, unusedMethods, unusedPaths }: Unused): boolean =>
  entry.methods.every((method) => unusedMethods.includes(method)) ||
  entry.paths.every((path) => unusedPaths.includes(path))

/** The place in a draft of the entry that a suggestion is about; undefined where it was changed meanwhile. */
export function placeInDraft(draft: PolicyDocument, { at, entry }: Unused): number | undefined {
  const isIt = (one: AllowEntry | undefined) =>
    one !== undefined && JSON.stringify(reach(one)) === JSON.stringify(reach(entry))
  if (isIt(draft.allow[at])) return at
  const found = draft.allow.findIndex(isIt)
  return found < 0 ? undefined : found
}

const reach = ({ origin, methods, paths, approval }: AllowEntry) => [
  origin,
  methods,
  paths,
  approval,
]

/** The draft without what was not used of an entry. */
export function withoutUnused(draft: PolicyDocument, unused: Unused): PolicyDocument {
  const place = placeInDraft(draft, unused)
  if (place === undefined) return draft
  const { unusedMethods, unusedPaths } = unused
  const allow = draft.allow.flatMap((entry, index) => {
    if (index !== place) return [entry]
    if (isWhollyUnused(unused)) return []
    return [
      {
        ...entry,
        methods: entry.methods.filter((method) => !unusedMethods.includes(method)),
        paths: entry.paths.filter((path) => !unusedPaths.includes(path)),
      },
    ]
  })
  return { ...draft, allow }
}
