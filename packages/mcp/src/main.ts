import './tune.ts'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { createClient } from '@sallyport/sdk'
import { createCallTool } from './call-tool.ts'
import { check } from './check.ts'
import { type Config, readConfig } from './config.ts'
import { ConfigFault } from './config-fault.ts'
import { createServer } from './create-server.ts'
import { help } from './help.ts'
import { version } from './version.ts'

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

function serve(config: Config): void {
  const now = () => performance.now()
  const clock = {
    now,
    pause: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
  }
  const callTool = createCallTool({ client: createClient(config), config, clock })
  serveStdio(() => createServer({ callTool, config, now, log }), {
    onerror: (error) => log(error.message),
  })
}

async function runCheck(config: Config): Promise<void> {
  const fault = await check({ client: createClient(config), config, print })
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
