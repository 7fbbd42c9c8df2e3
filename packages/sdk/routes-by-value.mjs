// Makes the SDK's table of routes at build time, so that a bundle holds its value and not the schemas it is made from.
import { build } from 'esbuild'

/** The module file that holds the table. */
export const routesFile = /[\\/]sdk[\\/]src[\\/]routes\.ts$/

/** The module at `path` (routes.ts of the SDK) as JavaScript that holds the finished value: all routes, or those that are wanted. */
export async function routesByValue(path, isWanted = () => true) {
  const made = await build({
    entryPoints: [path],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  })
  const source = Buffer.from(made.outputFiles[0].contents).toString('base64')
  const { routes } = await import(`data:text/javascript;base64,${source}`)
  const wanted = Object.entries(routes).filter(([, route]) => isWanted(route))
  return `export const routes = ${JSON.stringify(Object.fromEntries(wanted))}`
}
