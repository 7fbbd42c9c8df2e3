// Modules of the dashboard whose values are made at build time: what the catalog calls things, and the logos of its services.
// A page that shows a name or a logo then loads neither the catalog with its schemas nor simple-icons.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const src = fileURLToPath(new URL('./src/', import.meta.url))
// simple-icons exports its pictures by way of its package alone.
const icons = dirname(fileURLToPath(import.meta.resolve('simple-icons/icons/github.svg')))

/** The plugin of Vite that puts them in. */
export const byValue = {
  name: 'by-value',
  load: {
    filter: { id: /[\\/]dashboard[\\/]src[\\/](catalog-names|logos)\.ts$/ },
    handler: async (id) => {
      const names = await catalogNames()
      return written(id.endsWith('logos.ts') ? { logos: logosOf(names) } : names)
    },
  },
}

async function catalogNames() {
  const { module } = await runnerImport(join(src, 'catalog-names.ts'), { configFile: false })
  const { serviceLooks, actionNames, providerNames } = module
  return { serviceLooks, actionNames, providerNames }
}

/** The paths of those that simple-icons has. */
function logosOf({ serviceLooks }) {
  const slugs = new Set(Object.values(serviceLooks).map(({ icon }) => icon))
  const files = [...slugs].map((slug) => [slug, join(icons, `${slug}.svg`)])
  return Object.fromEntries(
    files.filter(([, file]) => existsSync(file)).map(([slug, file]) => [slug, pathIn(file)]),
  )
}

function pathIn(file) {
  const [, path] = /<path d="([^"]+)"\/><\/svg>\s*$/.exec(readFileSync(file, 'utf8')) ?? []
  if (path === undefined) throw new Error(`${file} is not one path.`)
  return path
}

const written = (values) =>
  Object.entries(values)
    .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)}`)
    .join('\n')
