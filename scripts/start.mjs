// `npm start`: installs and builds what is missing, and becomes `sallyport up` with the arguments given.
import { join } from 'node:path'
import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { root } from './fresh.mjs'
import { orExplain, setup } from './setup.mjs'

await orExplain(setup)
await build()
// In this very process: signals reach the vault itself, and nobody pays for a second Node.
const command = join(root, 'packages/cli/dist/sallyport.js')
argv.splice(1, 1, command, 'up')
await import(pathToFileURL(command).href)
