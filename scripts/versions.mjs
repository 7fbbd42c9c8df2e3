// `npm run version`: gives every package its next version by the changesets, and writes it wherever else it stands: in the source of the
// MCP server, and in what registries, desktop hosts and Claude Code read.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, execPath, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'
import { root } from './fresh.mjs'

/** How often the version stands in each file, and in which of its forms. */
const places = [
  { path: 'packages/mcp/src/version.ts', form: /(export const version = ')[^']+(?=')/g, times: 1 },
  { path: 'packages/mcp/server.json', form: /("version": ")[^"]+(?=")/g, times: 2 },
  { path: 'packages/mcp/mcpb/manifest.json', form: /("version": ")[^"]+(?=")/g, times: 1 },
  {
    path: 'plugins/claude-code/.claude-plugin/plugin.json',
    form: /("version": ")[^"]+(?=")/g,
    times: 1,
  },
  { path: 'plugins/claude-code/.mcp.json', form: /("sallyport-mcp@)[^"]+(?=")/g, times: 1 },
  { path: '.claude-plugin/marketplace.json', form: /("version": ")[^"]+(?=")/g, times: 1 },
]

/** Writes `version` wherever it stands. Throws Error where a file is not as it was when this was written. */
export function writeVersion(version, base = root) {
  for (const { path, form, times } of places) {
    const text = readFileSync(join(base, path), 'utf8')
    const found = text.match(form)?.length ?? 0
    if (found !== times)
      throw new Error(`${path} holds the version ${found} times and not ${times}`)
    writeFileSync(join(base, path), text.replace(form, `$1${version}`))
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const changeset = join(root, 'node_modules/@changesets/cli/bin.js')
  execFileSync(execPath, [changeset, 'version'], { cwd: root, stdio: 'inherit' })
  const { version } = JSON.parse(readFileSync(join(root, 'packages/mcp/package.json'), 'utf8'))
  writeVersion(version)
  stdout.write(`Everything is ${version}.\n`)
}
