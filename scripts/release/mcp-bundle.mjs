// `sallyport-mcp` as an MCPB bundle: one file that a desktop host installs and asks its settings for.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../fresh.mjs'
import { zip } from './zip.mjs'

const executable = 0o755
const readable = 0o644
/** In the bundle, and where it comes from. The server is ESM without a package.json beside it: hence its ending. */
const contents = [
  ['manifest.json', 'packages/mcp/mcpb/manifest.json', readable],
  ['icon.png', 'apps/dashboard/public/icon-512.png', readable],
  ['server/sallyport-mcp.mjs', 'packages/mcp/dist/sallyport-mcp.js', executable],
  ['LICENSE', 'packages/mcp/LICENSE', readable],
  ['THIRD-PARTY-LICENSES.txt', 'packages/mcp/dist/THIRD-PARTY-LICENSES.txt', readable],
]

/** The bytes of the bundle, of what was built. */
export const mcpBundle = () =>
  zip(contents.map(([name, path, mode]) => ({ name, mode, bytes: readFileSync(join(root, path)) })))
