// `npm run bench -- [name …] [--check]` measures and writes bench/results/*.json, from which `npm run generate` makes docs/benchmarks.md.
// Here the product and the benchmarks are built; what is measured stands in main.ts.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, exit } from 'node:process'
import { pathToFileURL } from 'node:url'
import { root } from '../scripts/fresh.mjs'
import { orExplain, setup } from '../scripts/setup.mjs'

await orExplain(setup)
const [{ build }, esbuild] = await Promise.all([import('../scripts/build.mjs'), import('esbuild')])
await build()
/** What is borrowed from the vault finds its own packages, the embedded database among them, from where it stands. */
const ownPlace = {
  name: 'own-place',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]apps[\\/]vault[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const place = JSON.stringify(pathToFileURL(path).href)
      return {
        contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', place),
        loader: 'ts',
      }
    }),
}
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
  plugins: [ownPlace],
  logLevel: 'warning',
})
const { main } = await import(pathToFileURL(join(outdir, 'main.mjs')).href)
// The server of databases that replicas share ends with this process, and would keep it.
exit(await main(argv.slice(2)))
