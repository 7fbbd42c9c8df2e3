// Which packages of the workspace are published, in the order in which they have to be: one that needs another comes after it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../fresh.mjs'

/** The rest is private: the dashboard, the catalog and the vault come inside of `sallyport`. */
export const published = [
  { folder: 'packages/contracts', kind: 'library' },
  { folder: 'packages/sdk', kind: 'library' },
  { folder: 'packages/mcp', kind: 'application' },
  { folder: 'packages/cli', kind: 'application' },
].map((entry) => ({ ...entry, ...manifestOf(entry.folder) }))

function manifestOf(folder) {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  const { name, version } = manifest
  return { name, version, manifest, file: `${name.replace('@', '').replace('/', '-')}-${version}` }
}
