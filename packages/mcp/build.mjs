// Bundles sallyport-mcp into one file without dependencies, small and quick to start: a client starts it anew for
// every conversation and waits for its tools.
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { routesByValue, routesFile } from '@sallyport/sdk/routes-by-value'
import { build as bundle } from 'esbuild'
import { keptFiles, licenceTexts, packagesOf } from '../../scripts/bundled-packages.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Puts the value of the SDK's routes in place of their making, which needs every schema of the contracts. */
const withRoutesByValue = {
  name: 'routes-by-value',
  setup({ onLoad }) {
    onLoad({ filter: routesFile }, async ({ path }) => ({
      // An agent's: nothing here calls what owners call.
      contents: await routesByValue(path, ({ caller }) => caller !== 'owner'),
      loader: 'js',
    }))
  },
}

/**
 * The MCP SDK brings a JSON Schema validator (ajv, 150 KB) for answers to elicitation, which this server does not ask
 * for; asking for it fails loudly.
 */
const withoutValidator = {
  name: 'without-validator',
  setup({ onResolve, onLoad }) {
    const filter = /^@modelcontextprotocol\/server\/_shims$/
    onResolve({ filter }, () => ({ path: 'shims', namespace: 'without-validator' }))
    onLoad({ filter: /.*/, namespace: 'without-validator' }, () => ({
      contents: `
        import process from 'node:process'
        class DefaultJsonSchemaValidator {
          getValidator() { throw new Error('This bundle holds no JSON Schema validator') }
        }
        export { DefaultJsonSchemaValidator, process }`,
      loader: 'js',
    }))
  },
}

/**
 * Lets schemas of the MCP SDK that nothing here reads fall away: calls of zod are declared free of side effects, and the
 * two loops that enter each schema into an exported table are taken out, after a look that the tables have no reader.
 */
const withoutUnusedSchemas = {
  name: 'without-unused-schemas',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]core[\\/]dist[\\/](schemas|auth)-[\w-]+\.mjs$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8'))
        .replace(/^const \w+ = (?=[A-Z]\w*Schema\.)/gm, '$&/* @__PURE__ */ ')
        .replace(/(?<![\w.$])z\./g, '/* @__PURE__ */ z.'),
      loader: 'js',
    }))
    onLoad({ filter: /[\\/]server[\\/]dist[\\/]src-[\w-]+\.mjs$/ }, async ({ path }) => ({
      contents: takeOut(await readFile(path, 'utf8')),
      loader: 'js',
    }))
  },
}

const registrations = [
  'for (const key of SPEC_SCHEMA_KEYS) register(key, schemas_exports[key]);',
  'for (const [key, schema] of Object.entries(authSchemas)) register(key, schema);',
]

function takeOut(source) {
  let rest = source
  for (const registration of registrations) {
    if (!rest.includes(registration)) {
      throw new Error('The MCP SDK was rebuilt: see whether packages/mcp/build.mjs still fits it')
    }
    rest = rest.replace(registration, '')
  }
  return rest
}

/** Builds `dist/`. @throws Error where the bundle would need anything that it does not hold */
export async function build() {
  // A client that starts the server meanwhile finds the old bundle or the new one, never none.
  const outfile = here(`dist/${process.pid}.partial.js`)
  const { metafile } = await bundle({
    absWorkingDir: here('.'),
    entryPoints: ['src/main.ts'],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    banner: { js: '#!/usr/bin/env node' },
    legalComments: 'eof',
    metafile: true,
    plugins: [withRoutesByValue, withoutValidator, withoutUnusedSchemas],
  })
  try {
    refuseImports(Object.values(metafile.outputs)[0])
    refuseReaders(await readFile(outfile, 'utf8'))
    await chmod(outfile, 0o755)
    await rename(outfile, here('dist/sallyport-mcp.js'))
  } finally {
    await rm(outfile, { force: true })
  }
  const packages = packagesOf(keptFiles(metafile).map(here))
  await writeFile(here('dist/THIRD-PARTY-LICENSES.txt'), licenceTexts(packages))
  await writeFile(here('dist/.bundled.json'), JSON.stringify(packages))
}

function refuseImports({ imports }) {
  const outside = imports.map(({ path }) => path).filter((path) => !path.startsWith('node:'))
  if (outside.length > 0) throw new Error(`The bundle imports ${outside.join(', ')}`)
}

function refuseReaders(bundled) {
  if (/\b(isSpecType|specTypeSchemas)\b/.test(bundled)) {
    throw new Error('Something reads the tables of schemas that the bundle leaves empty')
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build()
