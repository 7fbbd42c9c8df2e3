// `npm run soak`: minutes of agents, people and faults on three replicas; see CONTRIBUTING.md. Here the product and the soak are built;
// what it does stands in test/soak.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, exit } from 'node:process'
import { pathToFileURL } from 'node:url'
import { root } from './fresh.mjs'
import { orExplain, setup } from './setup.mjs'

await orExplain(setup)
const [{ build }, esbuild] = await Promise.all([import('./build.mjs'), import('esbuild')])
await build()
const out = join(root, 'out/soak/soak.mjs')
await esbuild.build({
  entryPoints: [join(root, 'test/soak/main.ts')],
  outfile: out,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  banner: {
    js: "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);",
  },
  // What is borrowed from the tests and the vault finds the product by the place of its source.
  plugins: [
    {
      name: 'own place',
      setup: ({ onLoad }) =>
        onLoad({ filter: /[\\/](apps|test)[\\/].*\.ts$/ }, ({ path }) => ({
          loader: 'ts',
          contents: readFileSync(path, 'utf8').replaceAll(
            'import.meta.url',
            JSON.stringify(pathToFileURL(path).href),
          ),
        })),
    },
  ],
  logLevel: 'warning',
})
const { main } = await import(pathToFileURL(out).href)
// The database of the tests ends with this process, and would keep it.
exit(await main(argv.slice(2)))
