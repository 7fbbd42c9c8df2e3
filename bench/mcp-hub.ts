import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installFromNpm } from '../test/fixtures/npm-program.ts'
import { freePort } from '../test/fixtures/replicas.ts'
import { endProcess } from './child.ts'
import type { LoadTarget } from './load.ts'
import { post } from './mcp-messages.ts'

/** mcp-hub of npm: one door that one request opens, its own REST API. */
export interface Hub {
  readonly target: LoadTarget
  readonly pid: number
  /** Where its tools are called. */
  readonly url: string
  stop(): Promise<void>
}

/** The gateway of npm, in front of a server over HTTP and of a program. */
export async function startHub(of: {
  readonly serverPort: number
  readonly program: string
  /** Stands in a good answer. */
  readonly expected: string
}): Promise<Hub | { readonly missing: string }> {
  const { serverPort, program: server, expected } = of
  const installed = await installFromNpm(['mcp-hub@4.2.1'])
  if ('missing' in installed) return installed
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-bench-'))
  const config = join(dir, 'hub.json')
  const url = `http://127.0.0.1:${serverPort}/mcp`
  writeFileSync(
    config,
    JSON.stringify({
      mcpServers: { bench: { url }, program: { command: process.execPath, args: [server] } },
    }),
  )
  const port = await freePort()
  const program = join(installed.modules, 'mcp-hub/dist/cli.js')
  const child = spawn(process.execPath, [program, '--port', String(port), '--config', config], {
    env: { PATH: process.env.PATH ?? '', HOME: dir, XDG_STATE_HOME: dir },
    stdio: 'ignore',
  })
  const host = `127.0.0.1:${port}`
  const path = '/api/servers/tools'
  const body = { server_name: 'bench', tool: 'get_items', arguments: {} }
  const stop = async () => {
    await endProcess(child)
    rmSync(dir, { recursive: true, force: true })
  }
  const target: LoadTarget = { port, expected, request: post({ host, path }, body) }
  const send = {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  }
  for (let look = 0; look < 150; look += 1) {
    const said = await fetch(`http://${host}${path}`, send).then(
      (answer) => answer.text(),
      () => '',
    )
    if (said.includes(expected))
      return { target, stop, pid: child.pid ?? 0, url: `http://${host}${path}` }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await stop()
  return { missing: 'mcp-hub 4.2.1 did not answer' }
}
