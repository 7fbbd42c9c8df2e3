import { Scope } from '@sallyport/contracts'

// Lists in the metadata of strangers: short texts, and not many.

const textCharsMax = 2_000
const scopesMax = 100

/** What of a list are texts; nothing where it is none. */
export const readTexts = (list: unknown, max: number): string[] =>
  Array.isArray(list)
    ? list
        .filter((one): one is string => typeof one === 'string' && one.length <= textCharsMax)
        .slice(0, max)
    : []

/** The scopes of a list. */
export const readScopes = (list: unknown): string[] => [
  ...new Set(readTexts(list, scopesMax).filter((one) => Scope.safeParse(one).success)),
]
