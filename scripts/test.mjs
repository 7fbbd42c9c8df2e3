// `npm test`: installs and builds what is missing, and runs every test, or those that the arguments name.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { argv, execPath } from 'node:process'
import { build } from './build.mjs'
import { root } from './fresh.mjs'
import { orExplain, setup } from './setup.mjs'

await orExplain(setup)
await build()
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const child = spawn(execPath, [vitest, 'run', ...argv.slice(2)], { cwd: root, stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.once('exit', (code) => {
  process.exitCode = code ?? 1
})
