import type { McpServer, McpServerStage } from '@sallyport/contracts'
import type { Tone } from '../../components/notice.tsx'

/** How a server is spoken to, for people. */
export const transportWords = {
  stdio: 'Program',
  streamable_http: 'Streamable HTTP',
  sse: 'SSE',
} as const

/** How far a try came before it failed, as the end of "It failed while …". */
export const stageWords: Readonly<Record<McpServerStage, string>> = {
  configuration: 'reading its settings',
  resolve: 'looking for its command or address',
  spawn: 'starting the program',
  connect: 'connecting',
  initialize: 'beginning to speak MCP',
  list: 'listing its tools',
  call: 'calling a tool',
}

type Standing = Pick<McpServer, 'enabled' | 'status' | 'lastFailure'>

/** How a server stands, in one or two words. */
export function standingOf({ enabled, status, lastFailure }: Standing): readonly [Tone, string] {
  if (!enabled) return ['neutral', 'Off']
  if (status === 'error') return ['bad', 'Error']
  if (status === 'disconnected') return ['warn', 'Not connected']
  return lastFailure === undefined ? ['good', 'Connected'] : ['warn', 'Connected, as before']
}

type Place = Pick<McpServer, 'transport' | 'command' | 'args' | 'url'>

/** What is run or where it is, in a line: the command without its arguments' end, or the address. */
export function placeOf({ transport, command, args, url }: Place): string {
  if (transport !== 'stdio') return url ?? ''
  return [command ?? '', ...args].join(' ')
}
