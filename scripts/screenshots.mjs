// `node scripts/screenshots.mjs`: takes the pictures of the README anew, from those that a test makes of every page.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { execPath, stderr, stdout } from 'node:process'
import { root } from './fresh.mjs'
import { orExplain, setup } from './setup.mjs'

const bytesMax = 200_000
const pictures = [
  'approvals-of-one-agent-desktop',
  'approval-phone',
  'policy-desktop',
  'capability-request-desktop',
  'add-a-connection-desktop',
  'oauth-connection-desktop',
  'import-desktop',
  'toolset-access-desktop',
]

await orExplain(setup)
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const test = 'test/browser/screenshots.test.ts'
const { status } = spawnSync(execPath, [vitest, 'run', test], { cwd: root, stdio: 'inherit' })
process.exitCode = status ?? 1
if (status === 0) {
  const folder = join(root, 'docs/images')
  mkdirSync(folder, { recursive: true })
  for (const name of pictures.flatMap((name) => [`${name}-light.png`, `${name}-dark.png`])) {
    copyFileSync(join(root, 'test-results/screenshots', name), join(folder, name))
    const { size } = statSync(join(folder, name))
    stdout.write(`docs/images/${name}: ${Math.round(size / 1000)} KB\n`)
    if (size > bytesMax) {
      stderr.write(`${name} is larger than ${bytesMax / 1000} KB.\n`)
      process.exitCode = 1
    }
  }
}
