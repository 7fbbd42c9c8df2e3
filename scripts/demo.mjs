// `npm run demo`: installs and builds what is missing, and shows a brokered call from refusal to verified audit.
import { build } from './build.mjs'
import { orExplain, setup } from './setup.mjs'

await orExplain(setup)
await build()
await import('./demo/run.mjs')
