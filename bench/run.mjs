// `pnpm bench [execute] [stdio] [start] [dashboard] [redaction] [decide] [import] [mcp] [--check]` measures and writes bench/results/*.json; `pnpm bench table` prints what
// stands there as Markdown. Here the product and the benchmarks are built; what is measured stands in main.ts.
import { join } from 'node:path'
import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'
import { root } from '../scripts/fresh.mjs'
import { orExplain, setup } from '../scripts/setup.mjs'

await orExplain(setup)
const [{ build }, esbuild] = await Promise.all([import('../scripts/build.mjs'), import('esbuild')])
await build()
// Two folders below the workspace, as test/fixtures: what is borrowed from there finds the product by its own place.
const outdir = join(root, 'bench/dist')
await esbuild.build({
  entryPoints: ['main', 'upstream', 'mcp-upstream'].map((name) =>
    join(root, 'bench', `${name}.ts`),
  ),
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // It brings its own bundle, which is none for ESM.
  external: ['playwright-core'],
  logLevel: 'warning',
})
const { main } = await import(pathToFileURL(join(outdir, 'main.mjs')).href)
process.exitCode = await main(argv.slice(2))
