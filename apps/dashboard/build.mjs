// Builds the dashboard into dist/: static files that the vault serves, without an inline script, style or picture.
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { routesByValue, routesFile } from '@sallyport/sdk/routes-by-value'
import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { build as bundle } from 'vite'
import { packagesOf } from '../../scripts/bundled-packages.mjs'
import { byValue } from './by-value.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const dist = join(here, 'dist')

const browsers = ['chrome123', 'firefox128', 'safari17.5']

const routes = {
  name: 'routes-by-value',
  load: {
    filter: { id: routesFile },
    handler: (id) => routesByValue(id),
  },
}

/** Of these only a part is taken, in a style sheet and as paths of logos, and no module is theirs. */
const takenInPart = ['tailwindcss/index.css', 'simple-icons/icons/github.svg']

/** Notes of which files something is in the bundle. */
const noting = (files) => ({
  name: 'noting',
  generateBundle(_options, bundle) {
    for (const { modules = {} } of Object.values(bundle)) {
      for (const [id, { renderedLength }] of Object.entries(modules)) {
        if (renderedLength > 0) files.add(id.replace(/[?#].*$/, ''))
      }
    }
  },
})

/** Builds dist/. The names of all files in dist/assets hold a hash of what they contain. */
export async function build() {
  const before = process.env.NODE_ENV
  // Vite takes React's development build for anything else, such as `test`.
  process.env.NODE_ENV = 'production'
  // Made aside and put in its place at once: whoever reads it meanwhile finds the old one or the new one.
  const partial = join(here, 'node_modules', `.dist-${process.pid}`)
  try {
    const files = new Set(takenInPart.map((name) => fileURLToPath(import.meta.resolve(name))))
    await makeIn(partial, files)
    await makeServiceWorkerIn(partial, files)
    pack(partial)
    // For the licences and the bill of materials of the package that the dashboard comes in. It is not served.
    writeFileSync(join(partial, '.bundled.json'), JSON.stringify(packagesOf([...files])))
    rmSync(dist, { recursive: true, force: true })
    renameSync(partial, dist)
  } finally {
    rmSync(partial, { recursive: true, force: true })
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  }
}

async function makeIn(outDir, files) {
  await bundle({
    root: here,
    configFile: false,
    mode: 'production',
    logLevel: 'warn',
    plugins: [routes, byValue, react(), tailwind(), noting(files)],
    build: {
      outDir,
      emptyOutDir: true,
      sourcemap: false,
      // A data: URL would have to be allowed by the Content-Security-Policy.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      target: browsers,
    },
  })
}

/** One file at a fixed address, without imports: what a service worker is everywhere. */
async function makeServiceWorkerIn(outDir, files) {
  await bundle({
    root: here,
    configFile: false,
    mode: 'production',
    logLevel: 'warn',
    publicDir: false,
    plugins: [noting(files)],
    build: {
      outDir,
      emptyOutDir: false,
      sourcemap: false,
      reportCompressedSize: false,
      target: browsers,
      lib: {
        entry: join(here, 'src/service-worker/main.ts'),
        formats: ['iife'],
        name: 'serviceWorker',
        fileName: () => 'sw.js',
      },
    },
  })
}

/** Fewer bytes than this are sent as they are. */
const packedBytesMin = 1024

/** Lays a packed copy beside each file that gains by it, so that the vault packs nothing while it starts or answers. */
function pack(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(js|css|svg|webmanifest)$/.test(entry.name)) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = readFileSync(path)
    if (bytes.length < packedBytesMin) continue
    writeFileSync(`${path}.br`, brotliCompressSync(bytes))
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build()
