// `npm run docs`: the documentation as a site, in out/docs. `npm run docs -- dev` serves it and follows changes.
// VitePress is installed here, from a lockfile of its own, so that who only starts or tests the vault never fetches it.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import { argv, execPath, stderr } from 'node:process'
import { writePages } from './docs-pages.mjs'
import { root } from './fresh.mjs'
import { orExplain, runPnpm, setup } from './setup.mjs'

const site = join(root, 'site')
const quietMs = 200

/** Runs VitePress on the site; resolves with its exit code. */
function vitepress(...args) {
  const program = join(site, 'node_modules/vitepress/bin/vitepress.js')
  const child = spawn(execPath, [program, ...args], { cwd: site, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
}

async function install() {
  if (existsSync(join(site, 'node_modules/vitepress'))) return
  stderr.write('Installing VitePress for the documentation (once) …\n')
  const { packageManager } = JSON.parse(readFileSync(join(site, 'package.json'), 'utf8'))
  const flags = ['--frozen-lockfile', '--ignore-workspace', '--dir', site]
  const { code, output } = await runPnpm(packageManager, ['install', ...flags])
  if (code !== 0) throw new Error(`VitePress could not be installed:\n${output}`)
}

/** Brings the pages up to date whenever one of their sources is saved. */
function follow() {
  let timer
  for (const folder of ['docs', 'docs/decisions']) {
    watch(join(root, folder), () => {
      clearTimeout(timer)
      timer = setTimeout(
        () => void writePages().catch((error) => stderr.write(`${error.message}\n`)),
        quietMs,
      )
    })
  }
}

await orExplain(setup)
await orExplain(install)
await orExplain(writePages)
const serves = argv[2] === 'dev'
if (serves) follow()
process.exitCode = await vitepress(...(serves ? ['dev', ...argv.slice(3)] : ['build']))
