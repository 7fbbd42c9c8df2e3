// Reads a server's list of tools to its end, or to where enough is enough.
import type { Client } from '@modelcontextprotocol/client'
import { anyObject } from './ask.ts'
import { cutClean } from './cut-clean.ts'
import { isDeeperThan } from './guarded-transport.ts'
import { isRecord } from './is-record.ts'
import type { ListedTools, OpenConfig, UpstreamTool } from './live-upstream.ts'
import { hasHeaderFault } from './param-headers.ts'
import { readFailure, timedOut } from './read-failure.ts'

const toolsMax = 1000
const pagesMax = 100
const cursorCharsMax = 4096
const nameCharsMax = 200
const descriptionCharsMax = 16 * 1024
const toolBytesMax = 128 * 1024
const allBytesMax = 8 * 1024 * 1024
const depthMax = 64
/** For all pages together. */
const listMsMax = 60_000
/** Sentences about what was left out: nobody reads a thousand. */
const leftOutMax = 50

/**
 * Lists the tools of a server that says it has some.
 * @throws Problem of stage `list`
 */
export async function listTools(
  options: {
    client: Client
    config: OpenConfig
    now: () => number
    /** Arguments go into headers too, as tools declare. */
    inHeaders: boolean
  },
  signal: AbortSignal | undefined,
): Promise<ListedTools> {
  const { client, config, now } = options
  if (client.getServerCapabilities()?.tools === undefined) return { tools: [], leftOut: [] }
  const shelf = createShelf(config.redact, options.inHeaders)
  const seen = new Set<string>()
  const endsAt = now() + listMsMax
  let cursor: string | undefined
  for (let page = 1; ; page += 1) {
    const leftMs = endsAt - now()
    if (leftMs <= 0) throw timedOut('list')
    const result = await client
      .request(
        { method: 'tools/list', ...(cursor !== undefined && { params: { cursor } }) },
        anyObject,
        {
          timeout: Math.min(config.readTimeoutMs, leftMs),
          ...(signal !== undefined && { signal }),
        },
      )
      .catch((error: unknown) => {
        throw readFailure(error, 'list')
      })
    const tools: unknown = result.tools
    if (Array.isArray(tools)) for (const tool of tools) shelf.add(tool)
    else shelf.leaveOut('A page of the list holds no tools.')
    const next: unknown = result.nextCursor
    if (next === undefined || next === null || shelf.isFull()) return shelf.listed()
    if (typeof next !== 'string' || next.length > cursorCharsMax || seen.has(next)) {
      shelf.leaveOut('The list goes in a circle: what comes after was left out.')
      return shelf.listed()
    }
    if (page >= pagesMax) {
      shelf.leaveOut(`The list has more than ${pagesMax} pages: what comes after was left out.`)
      return shelf.listed()
    }
    seen.add(next)
    cursor = next
  }
}

function createShelf(redact: OpenConfig['redact'], inHeaders: boolean) {
  const tools = new Map<string, UpstreamTool>()
  const leftOut: string[] = []
  let bytes = 0
  let isFull = false

  function leaveOut(sentence: string): void {
    if (leftOut.length < leftOutMax) leftOut.push(redact(sentence))
  }
  /** Puts a tool on the shelf, or says why not. */
  function put(tool: unknown): string | undefined {
    const fault = faultOf(tool, redact)
    if (fault !== undefined) return fault
    // Cannot fail: how deep it is was looked at.
    const text = JSON.stringify(tool)
    const read = tool as UpstreamTool
    const name = quoted(read.name, redact)
    const size = Buffer.byteLength(text)
    // What is left out was looked at, too.
    bytes += size
    if (tools.size >= toolsMax || bytes > allBytesMax) {
      isFull = true
      return `The server has more than ${toolsMax} tools, or 8 MB of them: the rest was left out.`
    }
    if (size > toolBytesMax) return `The tool ${name} is larger than 128 KB.`
    if (redact(text) !== text) return `The tool ${name} shows a secret of the server.`
    if (inHeaders && hasHeaderFault(read.inputSchema)) {
      return `The tool ${name} wants arguments in headers in a way that there is not.`
    }
    if (tools.has(read.name)) return `The tool ${name} is there twice; the first is used.`
    tools.set(read.name, pick(read))
    return undefined
  }
  function add(tool: unknown): void {
    const fault = isFull ? undefined : put(tool)
    if (fault !== undefined) leaveOut(fault)
  }
  return {
    add,
    leaveOut,
    isFull: () => isFull,
    listed: (): ListedTools => ({ tools: [...tools.values()], leftOut }),
  }
}

function faultOf(tool: unknown, redact: OpenConfig['redact']): string | undefined {
  if (!isRecord(tool) || typeof tool.name !== 'string' || tool.name === '') {
    return 'A tool has no name.'
  }
  const name = quoted(tool.name, redact)
  if (tool.name.length > nameCharsMax) {
    return `The name of the tool ${name} has more than ${nameCharsMax} characters.`
  }
  if (isDeeperThan(tool, depthMax))
    return `The tool ${name} is nested deeper than ${depthMax} levels.`
  if (!isRecord(tool.inputSchema)) return `The tool ${name} has no schema of its input.`
  if (tool.outputSchema !== undefined && !isRecord(tool.outputSchema)) {
    return `The schema of what the tool ${name} answers is none.`
  }
  const { description } = tool
  if (description !== undefined && typeof description !== 'string') {
    return `The description of the tool ${name} is no text.`
  }
  if ((description?.length ?? 0) > descriptionCharsMax) {
    return `The description of the tool ${name} has more than 16 384 characters.`
  }
  return undefined
}

/** What a tool consists of; whatever else the server writes beside it is nobody's. */
function pick(tool: UpstreamTool): UpstreamTool {
  const { name, title, description, inputSchema, outputSchema, annotations, icons, _meta } = tool
  return {
    name,
    ...(typeof title === 'string' && { title: title.slice(0, nameCharsMax) }),
    ...(description !== undefined && { description }),
    inputSchema,
    ...(outputSchema !== undefined && { outputSchema }),
    ...(isRecord(annotations) && { annotations }),
    ...(Array.isArray(icons) && { icons }),
    ...(isRecord(_meta) && { _meta }),
  }
}

/** Names are the server's text, and stand in sentences for owners. */
function quoted(name: string, redact: OpenConfig['redact']): string {
  return JSON.stringify(cutClean(redact, name, 80)).replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    '�',
  )
}
