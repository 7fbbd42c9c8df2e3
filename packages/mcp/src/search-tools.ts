import type { AgentTool } from '@sallyport/contracts'
import { foundToolsBytesMax, foundToolsDefault } from './limits.ts'

type Members = Readonly<Record<string, unknown>>

/** What is looked for among the tools of an agent. */
export interface ToolSearch {
  readonly query: string
  readonly limit?: number
  readonly offset?: number
  /** What a tool is called where it is called from. */
  readonly nameOf: (tool: AgentTool) => string
}

/** What is looked for of a query: each of its words is compared with every tool, in the vault's own process as well. */
const queryCharsMax = 500

/** How much a word counts, by where it stands. */
const weights = { name: 8, title: 4, description: 2, arguments: 1 }

/**
 * Finds tools by words: those in which more of the words stand, and in better places, come first. Without words all of
 * them, by name. As many as fit are answered whole, with their schemas.
 */
export function searchTools(tools: readonly AgentTool[], search: ToolSearch): Members {
  const { limit = foundToolsDefault, offset = 0, nameOf } = search
  const words = wordsOf(search.query.slice(0, queryCharsMax))
  const found = tools
    .map((tool) => ({ tool, name: nameOf(tool), score: scoreOf(tool, words) }))
    .filter(({ score }) => words.length === 0 || score > 0)
    .sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
  const shown: Members[] = []
  let bytes = 0
  for (const { tool, name } of found.slice(offset, offset + limit)) {
    const { title, description, inputSchema, annotations } = tool
    const entry = {
      ...{ name, ...(title !== undefined && { title }), description },
      ...{ inputSchema, annotations },
    }
    bytes += JSON.stringify(entry).length
    if (shown.length > 0 && bytes > foundToolsBytesMax) break
    shown.push(entry)
  }
  const nextOffset = offset + shown.length
  return {
    tools: shown,
    total: found.length,
    ...(nextOffset < found.length &&
      shown.length > 0 && {
        nextOffset,
        next: `These are ${shown.length} of ${found.length}: for more set offset to ${nextOffset}, or other words.`,
      }),
    ...(found.length === 0 && {
      next: `None of the ${tools.length} tools fits these words. Try fewer or other words, or none to list all.`,
    }),
  }
}

/** `getIndexById` is three words and more; case does not count. */
const wordsOf = (text: string): readonly string[] => [
  ...new Set(
    text
      .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .filter((word) => word !== ''),
  ),
]

/** A tool's words with what each of their places counts. */
type Texts = readonly (readonly [weight: number, text: string])[]

/** Taken apart once for each tool: a list holds the same ones until they change. */
const textsOfTools = new WeakMap<AgentTool, Texts>()

function textsOf(tool: AgentTool): Texts {
  const known = textsOfTools.get(tool)
  if (known !== undefined) return known
  const { properties } = tool.inputSchema
  const places = [
    [weights.name, tool.name],
    [weights.title, tool.title ?? ''],
    [weights.description, tool.description],
    [weights.arguments, Object.keys(properties ?? {}).join(' ')],
  ] as const
  const texts = places.map(([weight, text]) => [weight, ` ${wordsOf(text).join(' ')} `] as const)
  textsOfTools.set(tool, texts)
  return texts
}

function scoreOf(tool: AgentTool, words: readonly string[]): number {
  let score = 0
  for (const word of words) {
    for (const [weight, text] of textsOf(tool)) {
      if (text.includes(` ${word} `)) score += weight
      else if (text.includes(word)) score += weight / 2
    }
  }
  return score
}
