import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Run as it stands; from bench/dist, two folders up is the workspace. */
const server = fileURLToPath(new URL('../../bench/peers/stdio-server.mjs', import.meta.url))

/** Puts the program of a stdio MCP server where everybody may read it: programs run as users of their own. */
export function placeProgram(): { readonly path: string; remove(): Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'))
  chmodSync(folder, 0o755)
  const path = join(folder, 'server.mjs')
  copyFileSync(server, path)
  chmodSync(path, 0o644)
  return { path, remove: async () => rmSync(folder, { recursive: true, force: true }) }
}
