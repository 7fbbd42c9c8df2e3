import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Environment } from '../settings.ts'
import { CommandError } from '../terminal.ts'
import type { ServerCommand } from './client-config.ts'

const checkTimeoutMs = 60_000
const saidLinesMax = 3

/**
 * The way to start `sallyport-mcp`. In a clone it is the bundle beside this command, by absolute paths: what a client
 * starts has its own working directory, and often not the PATH of a shell. Installed, it is the published package.
 */
export function serverCommand(env: Readonly<Record<string, string>>): ServerCommand {
  const clone = fileURLToPath(new URL('../../mcp/', import.meta.url))
  const bundle = join(clone, 'dist', 'sallyport-mcp.js')
  if (existsSync(bundle)) return { command: process.execPath, args: [bundle], env }
  if (existsSync(join(clone, 'build.mjs'))) {
    throw new CommandError('sallyport-mcp is not built: run `npm run build` in the repository.')
  }
  return { command: 'npx', args: ['-y', 'sallyport-mcp'], env }
}

/**
 * Runs the server's own `--check`: a full round trip as the client will make it. Returns what it printed.
 * Throws CommandError with the server's own sentence where it fails.
 */
export async function checkServer(
  server: ServerCommand,
  environment: Environment,
): Promise<string> {
  const child = spawn(server.command, [...server.args, '--check'], {
    env: { ...onlySet(environment, ['PATH', 'HOME', 'USERPROFILE', 'SystemRoot']), ...server.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: checkTimeoutMs,
  })
  let said = ''
  let complaint = ''
  child.stdout.on('data', (chunk) => {
    said += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    complaint += String(chunk)
  })
  const code = await new Promise<number | null>((done, fail) => {
    child.on('error', fail)
    child.on('close', done)
  })
  if (code === 0) return said.trim()
  // One sentence where it is our own server that complains; npm's first lines say enough of the rest.
  const lines = complaint.trim().split(/\r?\n/, saidLinesMax)
  const why = lines.join(' ').replace(/^sallyport-mcp: /, '')
  throw new CommandError(
    `The check of the MCP server failed${why === '' ? ` (exit code ${code}).` : `: ${why}`}`,
  )
}

const onlySet = (environment: Environment, names: readonly string[]) =>
  Object.fromEntries(
    names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])),
  )
