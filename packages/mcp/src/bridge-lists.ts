import { Buffer } from 'node:buffer'
import type { AgentTool } from '@sallyport/contracts'
import type { CallContext } from './call-context.ts'
import { foundToolsBytesMax } from './limits.ts'
import { invalidCursor } from './list-cursor.ts'
import type { ListKind, UpstreamReader } from './read-upstreams.ts'
import { isReading, isUpstream } from './upstream-tools.ts'

// The lists of the tool `mcp`: of each so much as a model can read at a time, and where it goes on.

type Members = Readonly<Record<string, unknown>>

/**
 * Tools by server and name.
 * @throws Problem `invalid-input` for a cursor that no list answered
 */
export function listTools(
  tools: readonly AgentTool[],
  nameOf: (tool: AgentTool) => string,
  { server, cursor }: { readonly server: string | undefined; readonly cursor: string | undefined },
): Members {
  const from = cursor === undefined ? 0 : readCount(cursor)
  const found = tools
    .filter(isUpstream)
    .filter((tool) => !isReading(tool) && (server === undefined || tool.toolset === server))
  const entries = found.slice(from).map((tool) => {
    const { toolset, upstream, title, description, inputSchema } = tool
    return {
      ...{ server: toolset, tool: upstream.tool, name: nameOf(tool) },
      ...(title !== undefined && { title }),
      ...{ description, inputSchema },
    }
  })
  const shown = fitting(entries)
  const next = from + shown.length
  return { tools: shown, ...(next < found.length && { nextCursor: String(next) }) }
}

/**
 * Resources, templates or prompts. What of a server's page does not fit comes next: the same page is asked for again then.
 * @throws Problem `invalid-input` for a cursor that no list answered, and what reading throws
 */
export async function listThings(
  reader: UpstreamReader,
  {
    kind,
    server,
    cursor,
  }: {
    readonly kind: ListKind
    readonly server: string | undefined
    readonly cursor: string | undefined
  },
  context: CallContext,
): Promise<Members> {
  const { skip, of } = readPlace(cursor)
  const { items, nextCursor, leftOut } = await reader.list(kind, { server, cursor: of }, context)
  const shown = fitting(items.slice(skip))
  const seen = skip + shown.length
  const next = seen < items.length ? `${seen}${inPage}${of ?? ''}` : nextCursor
  return {
    [kind]: shown,
    ...(next !== undefined && { nextCursor: next }),
    ...(leftOut.length > 0 && { leftOut }),
  }
}

/** As many of the first as fit, and one at least. */
function fitting<Entry>(entries: readonly Entry[]): readonly Entry[] {
  let bytes = 0
  const end = entries.findIndex((entry, at) => {
    bytes += Buffer.byteLength(JSON.stringify(entry))
    return at > 0 && bytes > foundToolsBytesMax
  })
  return end < 0 ? entries : entries.slice(0, end)
}

/** Parts how much of a page was seen from the cursor of that page, which has no such character. */
const inPage = '~'

function readPlace(cursor: string | undefined): { skip: number; of: string | undefined } {
  const at = cursor?.indexOf(inPage) ?? -1
  if (cursor === undefined || at < 0) return { skip: 0, of: cursor }
  const of = cursor.slice(at + 1)
  return { skip: readCount(cursor.slice(0, at)), of: of === '' ? undefined : of }
}

function readCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw invalidCursor()
}
