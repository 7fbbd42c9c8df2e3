import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const workspace = mkdtempSync(join(tmpdir(), 'sallyport-setup-'))
afterAll(() => rmSync(workspace, { recursive: true, force: true }))

// Never against the repository itself: the home of a test is not where pnpm keeps what is installed there.
interface Ended {
  readonly code: number | null
  readonly said: string
}

function setUp(base: string, environment: NodeJS.ProcessEnv): Promise<Ended> {
  const child = spawn(process.execPath, [join(base, 'scripts/setup.mjs')], {
    cwd: base,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, said }))
  })
}

it('says in a sentence that the registry cannot be reached, and fails', async () => {
  for (const path of ['scripts', 'package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml']) {
    cpSync(join(root, path), join(workspace, path), { recursive: true })
  }
  // Port 1 refuses; an empty cache has nothing to fall back on.
  const { code, said } = await setUp(workspace, {
    npm_config_registry: 'http://127.0.0.1:1/',
    npm_config_fetch_retries: '0',
    npm_config_cache: join(workspace, 'cache'),
  })
  expect(said).toContain('The npm registry could not be reached')
  expect(said).not.toMatch(/^\s+at /m)
  expect(code).toBe(1)
})
