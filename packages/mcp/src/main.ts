import './tune.ts'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { PassThrough } from 'node:stream'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Server } from '@modelcontextprotocol/server'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import { createClient } from '@sallyport/sdk'
import { check } from './check.ts'
import { type Config, readConfig } from './config.ts'
import { ConfigFault } from './config-fault.ts'
import { createServer } from './create-server.ts'
import { createGivenLinks } from './given-links.ts'
import type { GrantedTools } from './granted-tools.ts'
import { help } from './help.ts'
import { createHttpFetch } from './http-fetch.ts'
import { consumerInstructions, instructions } from './instructions.ts'
import { isListening } from './is-listening.ts'
import { givenLinksMax } from './limits.ts'
import { createNextStep } from './next-step.ts'
import { createUpstreamReader } from './read-upstreams.ts'
import { namesOfAll } from './tool-naming.ts'
import { createToolbox } from './toolbox.ts'
import { namesOfServers } from './upstream-names.ts'
import { version } from './version.ts'
import { createWatchedTools } from './watch-granted.ts'

const log = (line: string): void => {
  process.stderr.write(`sallyport-mcp: ${line}\n`)
}
const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

function loadConfig(): Config | undefined {
  try {
    const readText = (path: string) => readFileSync(path, 'utf8')
    return readConfig({ env: process.env, readText, homeDir: homedir() })
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error
    log(error.message)
    process.exitCode = 1
    return undefined
  }
}

/** What a consumer token begins with: it lists and calls granted tools, and nothing else. */
const consumerPrefix = 'spc_'

function serve(config: Config): void {
  const now = () => performance.now()
  const clock = {
    now,
    pause: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
  }
  const { auth } = config
  const isConsumer = auth.kind === 'bearer' && auth.token.startsWith(consumerPrefix)
  const ended = new AbortController()
  const client = createClient({ ...config, fetch: createHttpFetch() })
  let server: Server | undefined
  const watched = createWatchedTools({
    ...{ client, clock, ended: ended.signal },
    isThere: () => isListening(config.baseUrl),
    onChanged: () => server !== undefined && tellChanged(server),
  })
  const { granted, idle } = countLists(watched)
  const calling = { client, config, clock, granted, given: createGivenLinks(givenLinksMax) }
  const reader = createUpstreamReader({ ...calling, names: namesOfServers })
  const naming = namesOfAll(granted)
  const toolbox = createToolbox({ ...calling, reader, naming, hasOwn: !isConsumer })
  const build = () => {
    server = createServer({
      ...{
        toolbox,
        reader,
        readable,
        now,
        log,
        listChanged: true,
        pollIntervalMs: config.pollIntervalMs,
      },
      instructions: isConsumer ? consumerInstructions : instructions,
      nextStep: createNextStep(config),
    })
    return server
  }
  const input = new PassThrough()
  serveStdio(build, {
    transport: new StdioServerTransport(input),
    onerror: (error) => log(error.message),
  })
  process.stdin.pipe(input, { end: false })
  const end = async () => {
    // Whoever sent a question and closed the pipe gets its list of tools all the same.
    await nextTurn()
    await nextTurn()
    await idle()
    input.end()
    ended.abort()
  }
  process.stdin.once('end', end).once('close', end).once('error', end)
}

/** What was granted is not known before a client asks for a list: so it may ask for all of them. */
const readable = { resources: true, prompts: true }

/** What changed of the tools may be a server's resources or prompts. */
function tellChanged(server: Server): void {
  for (const tell of [
    'sendToolListChanged',
    'sendResourceListChanged',
    'sendPromptListChanged',
  ] as const) {
    void server[tell]().catch(() => {})
  }
}

/** Knows when no list of tools is being asked for. Each one ends by itself. */
function countLists(tools: GrantedTools) {
  const pending = new Set<Promise<unknown>>()
  const granted: GrantedTools = {
    async list(signal) {
      const list = tools.list(signal)
      pending.add(list)
      return await list.finally(() => pending.delete(list))
    },
  }
  const idle = async (): Promise<void> => {
    await Promise.allSettled(pending)
    await nextTurn()
  }
  return { granted, idle }
}

async function runCheck(config: Config): Promise<void> {
  const fault = await check({
    client: createClient({ ...config, fetch: createHttpFetch() }),
    config,
    print,
  })
  if (fault === undefined) return
  log(fault)
  process.exitCode = 1
}

async function main([option, ...others]: readonly string[]): Promise<void> {
  if (others.length > 0 || ![undefined, '--check', '--version', '--help'].includes(option)) {
    log(`unknown argument ${others[0] ?? option}; --help says what there is.`)
    process.exitCode = 1
    return
  }
  if (option === '--version') return print(version)
  if (option === '--help') return print(help)
  const config = loadConfig()
  if (config === undefined) return
  for (const note of config.notes) log(note)
  if (option === '--check') return await runCheck(config)
  serve(config)
}

await main(process.argv.slice(2))
