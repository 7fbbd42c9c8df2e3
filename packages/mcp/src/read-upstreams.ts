// The resources and prompts of all upstream servers that an agent was granted, as one server's.

import { Problem } from '@sallyport/contracts'
import { type Asked, askUpstream, sentenceOf, UpstreamRefusal } from './ask-upstream.ts'
import { type CallContext, LinkNotShownYet } from './call-context.ts'
import type { GrantedNeeds } from './call-granted.ts'
import type { Arguments } from './check-arguments.ts'
import type { GrantedTools } from './granted-tools.ts'
import { readListCursor, writeListCursor } from './list-cursor.ts'
import type { NamedThing, UpstreamNames } from './upstream-names.ts'
import { isReading, toolsOfMethod, type UpstreamTool } from './upstream-tools.ts'

type Members = Readonly<Record<string, unknown>>
type Item = Record<string, unknown>

/** A page of a list that is put together from several servers. */
export interface ListPage {
  readonly items: Item[]
  readonly nextCursor?: string
  /** Servers that are not in it, each with a sentence that says why. */
  readonly leftOut: readonly { readonly server: string; readonly why: string }[]
}

/** What a list holds. */
export type ListKind = 'resources' | 'resourceTemplates' | 'prompts'

/** Which of an agent's rights there are at all. */
export interface Readable {
  readonly resources: boolean
  readonly prompts: boolean
}

/** Reads what servers offer beside tools. All of it throws the vault's Problems, UpstreamRefusal and LinkNotShownYet. */
export interface UpstreamReader {
  readable(signal: AbortSignal): Promise<Readable>
  /** A page of the list of one server, or of all. */
  list(
    kind: ListKind,
    wanted: { readonly server?: string | undefined; readonly cursor?: string | undefined },
    context: CallContext,
  ): Promise<ListPage>
  /** Problem `invalid-input` where it is not plain whose URI it is; undefined where no server can be meant. */
  readResource(wanted: NamedThing, context: CallContext): Promise<Asked | undefined>
  getPrompt(
    wanted: NamedThing & { readonly args?: Arguments | undefined },
    context: CallContext,
  ): Promise<Asked | undefined>
  readonly names: UpstreamNames
}

const methods = {
  resources: 'resources/list',
  resourceTemplates: 'resources/templates/list',
  prompts: 'prompts/list',
} as const

/** Builds it. */
export function createUpstreamReader(
  needs: GrantedNeeds & { readonly granted: GrantedTools; readonly names: UpstreamNames },
): UpstreamReader {
  const { granted, names } = needs

  const findOne = async (
    method: 'resources/read' | 'prompts/get',
    { server, own }: NamedThing,
    { signal }: CallContext,
  ): Promise<UpstreamTool | undefined> => {
    const { tools } = await granted.list(signal)
    const all = toolsOfMethod(tools, method)
    const found = server === undefined ? all : all.filter(({ toolset }) => toolset === server)
    if (server === undefined && found.length > 1) throw ambiguous(found, { method, own, names })
    return found[0]
  }

  return {
    names,
    async readable(signal) {
      const { tools } = await granted.list(signal)
      const has = (part: string) =>
        tools.some((tool) => isReading(tool) && tool.upstream?.method.startsWith(part) === true)
      return { resources: has('resources/'), prompts: has('prompts/') }
    },
    async list(kind, { server, cursor }, context) {
      const { tools } = await granted.list(context.signal)
      const all = toolsOfMethod(tools, methods[kind])
      const asked = all.filter(({ toolset }) => server === undefined || toolset === server)
      const pages = await Promise.all(
        pagesOf(asked, cursor).map(({ tool, args }) =>
          readPage(needs, { kind, tool, args }, context),
        ),
      )
      return mergePages(pages)
    },
    async readResource(wanted, context) {
      const tool = await findOne('resources/read', wanted, context)
      return tool && (await askUpstream(needs, { tool, args: { uri: wanted.own } }, context))
    },
    async getPrompt({ args, ...wanted }, context) {
      const tool = await findOne('prompts/get', wanted, context)
      const given = args === undefined ? {} : { arguments: args }
      const asked = { name: wanted.own, ...given }
      return tool && (await askUpstream(needs, { tool, args: asked }, context))
    },
  }
}

/** Which servers are asked for which page: at first all, later those that had more. */
function pagesOf(tools: readonly UpstreamTool[], cursor: string | undefined) {
  if (cursor === undefined) return tools.map((tool) => ({ tool, args: {} }))
  const cursors = readListCursor(cursor)
  return tools.flatMap((tool) => {
    const at = cursors.get(tool.toolset)
    return at === undefined ? [] : [{ tool, args: { cursor: at } }]
  })
}

interface Page {
  readonly server: string
  readonly items: Item[]
  readonly nextCursor?: string
  /** Why there is nothing of this server. */
  readonly failed?: unknown
}

async function readPage(
  needs: GrantedNeeds & { readonly names: UpstreamNames },
  {
    kind,
    tool,
    args,
  }: { readonly kind: ListKind; readonly tool: UpstreamTool; readonly args: Members },
  context: CallContext,
): Promise<Page> {
  const server = tool.toolset
  try {
    // One link at a time can be put before a person, and a list is no reason to.
    const { links: _, ...quiet } = context
    const asked = await askUpstream(needs, { tool, args }, quiet)
    if ('approval' in asked) return { server, items: [], failed: asked.approval.next }
    const { [kind]: items, nextCursor } = asked.result
    return {
      server,
      items: renamed(Array.isArray(items) ? items : [], { kind, server, names: needs.names }),
      ...(typeof nextCursor === 'string' && nextCursor !== '' && { nextCursor }),
    }
  } catch (failed) {
    return { server, items: [], failed }
  }
}

/** What a server lists, by names that say whose it is. What has no name of its own cannot be asked for. */
function renamed(
  items: readonly unknown[],
  { kind, server, names }: { kind: ListKind; server: string; names: UpstreamNames },
): Item[] {
  const [member, write] = {
    resources: ['uri', names.uriOf],
    resourceTemplates: ['uriTemplate', names.uriOf],
    prompts: ['name', names.promptOf],
  }[kind] as [string, UpstreamNames['uriOf']]
  return items.flatMap((item) => {
    if (typeof item !== 'object' || item === null) return []
    const { [member]: own, ...rest } = item as Item
    return typeof own === 'string' && own !== '' ? [{ ...rest, [member]: write(server, own) }] : []
  })
}

/** Throws where there is nothing but failures. */
function mergePages(pages: readonly Page[]): ListPage {
  const failed = pages.filter((page) => page.failed !== undefined)
  const [first] = failed
  if (first !== undefined && failed.length === pages.length && isThrown(first.failed)) {
    throw first.failed
  }
  const more = pages.flatMap(({ server, nextCursor }) =>
    nextCursor === undefined ? [] : [[server, nextCursor] as const],
  )
  return {
    items: pages.flatMap(({ items }) => items),
    ...(more.length > 0 && { nextCursor: writeListCursor(more) }),
    leftOut: failed.map((page) => ({ server: page.server, why: whyOf(page.failed) })),
  }
}

const isThrown = (failed: unknown): boolean => typeof failed !== 'string'

function whyOf(failed: unknown): string {
  if (typeof failed === 'string') return failed
  if (failed instanceof Problem) return sentenceOf(failed)
  if (failed instanceof UpstreamRefusal || failed instanceof LinkNotShownYet) return failed.message
  return 'Something went wrong between the client and the vault.'
}

function ambiguous(
  found: readonly UpstreamTool[],
  { method, own, names }: { method: string; own: string; names: UpstreamNames },
): Problem {
  const write = method === 'prompts/get' ? names.promptOf : names.uriOf
  const list = found.map(({ toolset }) => write(toolset, own)).join(', ')
  return new Problem('invalid-input', 'More than one MCP server can be meant.', {
    next: `Name the server: ${list}.`,
  })
}
