// `npx mcp-remote https://…`: a program that does nothing but reach an address, which the vault reaches itself.
import type { McpTransport } from '@sallyport/contracts'
import type { Words } from './read-launch.ts'

/** What a bridge was told. */
interface Bridge {
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
  readonly transport: McpTransport | undefined
  /** Options that nothing is taken of. */
  readonly leftOut: readonly string[]
}

const transports: Readonly<Record<string, McpTransport>> = {
  'sse-only': 'sse',
  'sse-first': 'sse',
  'http-only': 'streamable_http',
  'http-first': 'streamable_http',
}

/**
 * Finds out whether a command is mcp-remote, and to where. The bridge fills `${NAME}` of its headers in from the environment
 * that the file gives it; so does this.
 */
export function unwrapBridge(
  { command, args }: Words,
  env: ReadonlyMap<string, string>,
): Bridge | undefined {
  const words = [command, ...args]
  const at = words.findIndex((word) => /(?:^|[/\\])mcp-remote(?:@[\w.^~-]+)?$/.test(word))
  const url = words[at + 1]
  if (at < 0 || url === undefined || !/^https?:\/\//.test(url)) return undefined
  const headers: [string, string][] = []
  const leftOut: string[] = []
  let transport: McpTransport | undefined
  const rest = words.slice(at + 2)
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index] ?? ''
    const next = rest[index + 1] ?? ''
    if (word === '--header') {
      const [, name, value = ''] = /^([^:\s]+)\s*:\s*(.*)$/s.exec(next) ?? []
      if (name === undefined) return undefined
      headers.push([name, fillIn(value, env)])
      index += 1
    } else if (word === '--transport') {
      transport = transports[next]
      index += 1
    } else if (word.startsWith('-')) {
      leftOut.push(word)
    } else if (leftOut.length === 0 && !/^\d+$/.test(word)) return undefined
  }
  return { url, headers, transport, leftOut }
}

const fillIn = (text: string, env: ReadonlyMap<string, string>): string =>
  text.replaceAll(
    /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g,
    (written, name: string) => env.get(name) ?? written,
  )
