// Compiles the packages that others import: JavaScript and its types, module for module. Does nothing when their sources have not
// changed.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { promisify } from 'node:util'
import { filesUnder, hashOf, isStamped, root, stamp } from '../fresh.mjs'

const run = promisify(execFile)
/** The last one refers to those before it. */
const folders = ['packages/contracts', 'packages/sdk']
const sources = [...folders, 'scripts/release', 'tsconfig.base.json', 'pnpm-lock.yaml']
const relativeImport = /((?:\bfrom |\bimport\()\s*['"]\.{1,2}\/[^'"]+)\.ts(?=['"])/g

/** Brings their dist/ up to date. */
export async function buildLibraries() {
  const made = filesUnder(sources).filter((file) => !/\.test(-d)?\.ts$|\.tsbuildinfo$/.test(file))
  const stampPath = join(root, folders.at(-1), 'dist', '.stamp')
  const hash = hashOf(made)
  if (isStamped(stampPath, hash)) return
  for (const folder of folders) rmSync(join(root, folder, 'dist'), { recursive: true, force: true })
  const compiler = join(root, 'node_modules/typescript-native/bin/tsc')
  await run(execPath, [compiler, '-b', `${folders.at(-1)}/tsconfig.dist.json`, '--force'], {
    cwd: root,
  })
  for (const folder of folders) nameModules(join(root, folder, 'dist'))
  stamp(stampPath, hash)
}

/** The compiler leaves `./x.ts` in declarations, where it stands for a file that is not there. */
function nameModules(dist) {
  for (const name of readdirSync(dist).filter((name) => name.endsWith('.d.ts'))) {
    const path = join(dist, name)
    writeFileSync(path, readFileSync(path, 'utf8').replace(relativeImport, '$1.js'))
  }
}
