// `npm run pack`: everything that a release publishes, in out/packages: the npm packages, the MCPB bundle, the MCP registry's
// server.json, the offline verifier of audit logs, a bill of materials of each package, and their checksums. The same sources give
// the same bytes.
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { argv, stderr, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'
import { build } from './build.mjs'
import { root } from './fresh.mjs'
import { createBills } from './release/bill-of-materials.mjs'
import { buildLibraries } from './release/libraries.mjs'
import { mcpBundle } from './release/mcp-bundle.mjs'
import { published } from './release/published.mjs'
import { readTar, writeTar } from './release/tar.mjs'
import { orExplain, runPnpm, setup } from './setup.mjs'

const outDefault = join(root, 'out/packages')
const hashOf = (algorithm, bytes) => createHash(algorithm).update(bytes).digest('hex')

/** Fills `out` anew. Throws where pnpm packs anything else than the published packages. */
async function pack(out) {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  await build()
  await buildLibraries()
  await packArchives(out)
  const billOf = createBills()
  for (const entry of published) {
    const sha512 = hashOf('sha512', readFileSync(join(out, `${entry.file}.tgz`)))
    writeJson(join(out, `${entry.file}.cdx.json`), billOf({ ...entry, sha512 }))
  }
  const { file } = published.find(({ name }) => name === 'sallyport-mcp')
  writeFileSync(join(out, `${file}.mcpb`), mcpBundle())
  copyFileSync(join(root, 'packages/mcp/server.json'), join(out, 'server.json'))
  copyFileSync(join(root, 'packages/cli/dist/verify-audit.mjs'), join(out, 'verify-audit.mjs'))
  writeFileSync(join(out, 'SHA256SUMS'), checksums(out))
}

async function packArchives(out) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const filters = published.flatMap(({ name }) => ['--filter', name])
  const { code, output } = await runPnpm(packageManager, [
    '--recursive',
    ...filters,
    'pack',
    '--pack-destination',
    out,
  ])
  if (code !== 0) throw new Error(`pnpm could not pack:\n${output}`)
  const made = readdirSync(out).sort().join(' ')
  const meant = published
    .map((entry) => `${entry.file}.tgz`)
    .sort()
    .join(' ')
  if (made !== meant) throw new Error(`pnpm packed ${made || 'nothing'} and not ${meant}`)
  for (const { file } of published) tidyArchive(join(out, `${file}.tgz`))
}

/** In an order of its own, with the licence, and without what only its workspace needs. */
function tidyArchive(path) {
  const files = new Map(readTar(readFileSync(path)).map((file) => [file.name, file]))
  const manifest = files.get('package/package.json')
  const { devDependencies: _, ...kept } = JSON.parse(manifest.bytes)
  const licence = readFileSync(join(root, 'LICENSE'))
  files.set(manifest.name, {
    ...manifest,
    bytes: Buffer.from(`${JSON.stringify(kept, null, 2)}\n`),
  })
  files.set('package/LICENSE', { name: 'package/LICENSE', mode: 0o644, bytes: licence })
  writeFileSync(path, writeTar([...files.values()]))
}

/** In the form that `sha256sum --check` reads. */
const checksums = (out) =>
  readdirSync(out)
    .sort()
    .map((name) => `${hashOf('sha256', readFileSync(join(out, name)))}  ${name}\n`)
    .join('')

const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)

if (argv[1] === fileURLToPath(import.meta.url)) {
  const [option, folder, ...more] = argv.slice(2)
  if ((option !== undefined && (option !== '--out' || folder === undefined)) || more.length > 0) {
    stderr.write(`${basename(argv[1])} takes --out FOLDER and nothing else.\n`)
    process.exit(2)
  }
  const out = folder === undefined ? outDefault : resolve(folder)
  await orExplain(setup)
  await pack(out)
  stdout.write(readFileSync(join(out, 'SHA256SUMS'), 'utf8'))
}
