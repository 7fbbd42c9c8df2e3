import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configVariables } from '../apps/vault/src/config-variables.ts'
import { createProgram } from '../packages/cli/src/program.ts'
import { binary } from './cli/sallyport.ts'
import { documentedCommands, documentedPages, ownWords } from './fixtures/documented-commands.ts'

type Command = ReturnType<typeof createProgram>

const run = promisify(execFile)
const startMsMax = 100_000
/** A process for each command, beside whatever else runs. */
const typingMsMax = 200_000
const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const read = (path: string) => readFileSync(at(path), 'utf8')

/**
 * Commands that are not ours, and of ours those whose words no test has: each by how it begins, with the test that runs it and what
 * to find there.
 */
const runElsewhere: readonly (readonly [begins: string, test: string, says: string])[] = [
  ['npm test', '.ci/run', 'npm test'],
  ['npm run check', '.ci/run', 'npm run check'],
  ['npm run generate', 'scripts/check.mjs', 'generate.mjs'],
  ['npm run demo', 'test/demo.test.ts', 'demo'],
  ['npm run docs', 'test/site.test.ts', 'scripts/docs.mjs'],
  ['npm run pack', 'test/release/install.test.ts', 'pack'],
  ['npx sallyport up', 'test/fixtures/vault.ts', "'up'"],
  ['mcporter --config mcporter.json', 'test/mcp/granted.test.ts', 'mcporter'],
  ['npx mcporter', 'test/mcp/granted.test.ts', 'mcporter'],
  ['npx @modelcontextprotocol/inspector@2', 'test/mcp/granted.test.ts', 'inspector'],
  ['node verify-audit.mjs log.jsonl', 'test/cli/audit.test.ts', 'verify-audit.mjs'],
  ['mcporter config add sallyport', 'test/mcp/clients.test.ts', 'mcporter'],
  ['curl http://127.0.0.1:4770/api/v1/toolsets', 'test/toolsets.test.ts', 'assemble'],
]

/** With what the last test begins; the second is the first with a variable of the operator's. */
const starts = ['npm start', 'SALLYPORT_UPSTREAM_COMMANDS=/usr/bin/node npm start']
/** What it types then, as it stands, in this order. */
const typedHere = [
  `printf '%s\\n' "$PASSWORD" | npx sallyport login --email owner@example.com`,
  'npx sallyport connections add --label "my API" --origin https://api.example.com < key.txt',
  'npx sallyport connect claude --allow "my API" --directory ~/my-project',
  'npx sallyport connect json --allow "my API"',
  'npx sallyport policies allow "Claude Code" "my API" --method POST --path "/v1/notes"',
  'npx sallyport approvals list --status pending',
  'sallyport agents create alice',
  'sallyport agents stop alice',
  'sallyport toolsets templates --service github',
  'sallyport import stock.yaml --name stock-index',
  'sallyport toolsets versions stock-index',
]

const commands = documentedCommands()
/** A variable that is set for what comes after, and no command. */
const isSetting = (text: string) => /^[A-Z][A-Z0-9_]*=\S*$/.test(text)

describe('every command in the documentation', () => {
  it('is one that the command line has, with options that it takes', () => {
    const streams = {
      stdin: new PassThrough(),
      stdout: new PassThrough(),
      stderr: new PassThrough(),
    }
    const program = createProgram(
      { environment: {}, directory: at('.'), streams } as unknown as Parameters<
        typeof createProgram
      >[0],
      '0.0.0',
    )
    const faults = commands.flatMap(({ place, text }) => {
      const words = ownWords(text)
      return words === undefined
        ? []
        : faultsOf(program, words).map((fault) => `${place} ${text}: ${fault}`)
    })
    expect(faults).toEqual([])
  })

  it('sets no variable that the vault does not read', () => {
    const known = Object.keys(configVariables).flatMap((name) => [name, `${name}_FILE`])
    for (const { place, text } of commands.filter((command) => isSetting(command.text))) {
      expect(known, place).toContain(text.split('=')[0])
    }
  })

  it('is run by a test, or its page says why not', () => {
    const tests = testsUnder('test').map(read).join('\n')
    const isRun = (text: string) => {
      if (isSetting(text)) return true
      if ([...starts, ...typedHere].includes(text)) return true
      if (runElsewhere.some(([begins]) => text.startsWith(begins))) return true
      // The words of the command stand in a test as what it is called with.
      const [noun = '', verb = ''] = (ownWords(text) ?? []).filter((word) => !word.startsWith('-'))
      const quoted = (word: string) => `['"\`]${word.replace(/[^\w-]/g, '\\$&')}['"\`]`
      return (
        noun !== '' &&
        new RegExp(`${quoted(noun)},?\\s*${isVerb(noun) ? quoted(verb) : ''}`).test(tests)
      )
    }
    const left = commands
      .filter(
        ({ text, notRun }) => notRun === undefined && !isRun(text) && !/^(cat|ls) /.test(text),
      )
      .map(({ place, text }) => `${place} ${text}`)
    expect(left).toEqual([])
  })

  it('is not said to be run by a test that does not', () => {
    for (const [begins, test, says] of runElsewhere) expect(read(test), begins).toContain(says)
    for (const { notRun, text } of commands)
      if (notRun !== undefined) expect(notRun.length, text).toBeGreaterThan(5)
  })
})

describe('the pages of the documentation', () => {
  it('link to nothing that is not there, pictures and headings included', async () => {
    const { brokenLinks } = (await import(
      pathToFileURL(at('scripts/markdown-links.mjs')).href
    )) as { brokenLinks(pages: readonly string[]): string[] }
    const decisions = readdirSync(at('docs/decisions')).map((name) => `docs/decisions/${name}`)
    expect(brokenLinks([...documentedPages(), ...decisions])).toEqual([])
  })

  it('are all within reach from the first page', async () => {
    const { pagesOutOfReach } = (await import(
      pathToFileURL(at('scripts/markdown-links.mjs')).href
    )) as { pagesOutOfReach(pages: readonly string[], begins: readonly string[]): string[] }
    expect(pagesOutOfReach(documentedPages(), ['README.md', 'docs/README.md'])).toEqual([])
  })
})

describe('the quick start', () => {
  let vault: ChildProcess
  let url: string
  let home: string

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'reader-'))
    chmodSync(home, 0o755)
    for (const folder of ['bin', 'my-project']) mkdirSync(join(home, folder))
    // As in a clone, where npx finds the command of the workspace.
    const shim = `#!/bin/sh\n[ "$1" = sallyport ] && shift\nexec "${process.execPath}" "${binary}" "$@"\n`
    for (const name of ['npx', 'sallyport']) {
      writeFileSync(join(home, 'bin', name), shim, { mode: 0o755 })
    }
    const stock = /```yaml\n(# stock\.yaml[\s\S]*?)```/.exec(read('docs/tools.md'))?.[1] ?? ''
    writeFileSync(join(home, 'stock.yaml'), stock)
    writeFileSync(join(home, 'key.txt'), 'a-key-of-the-api-0123456789\n')
    ;({ vault, url } = await startByNpm(home))
  }, startMsMax)
  afterAll(async () => {
    const exited = once(vault, 'exit')
    // npm, and what it started.
    if (vault.pid !== undefined) process.kill(-vault.pid, 'SIGTERM')
    await exited
    rmSync(home, { recursive: true, force: true })
  })

  it(
    'works as it stands, and so do the guides to clients',
    async () => {
      const environment = {
        PATH: `${join(home, 'bin')}:${process.env.PATH ?? ''}`,
        HOME: home,
        SALLYPORT_BASE_URL: url,
        // Where the token lies with which the first owner shows that the machine is theirs.
        SALLYPORT_DATA_DIR: join(home, 'data'),
        PASSWORD: 'correct horse battery staple',
      }
      const said: string[] = []
      for (const text of typedHere) {
        expect(commands.map((command) => command.text)).toContain(text)
        // Who asks for a key finds one; nobody is at the terminal.
        const typed = text.includes('<') || text.includes('|') ? text : `${text} < key.txt`
        const { stdout, stderr } = await run('sh', ['-ec', typed], { cwd: home, env: environment })
        said.push(`${stdout}${stderr}`)
      }
      expect(said.join('')).not.toContain('a-key-of-the-api')
      const claude = JSON.parse(readFileSync(join(home, 'my-project/.mcp.json'), 'utf8')) as object
      expect(claude).toMatchObject({
        mcpServers: { sallyport: { env: { SALLYPORT_BASE_URL: url } } },
      })
      expect(
        JSON.parse(said[3]?.slice(said[3].indexOf('{'), said[3].lastIndexOf('}') + 1) ?? ''),
      ).toMatchObject({
        mcpServers: { sallyport: { command: expect.any(String) } },
      })
    },
    typingMsMax,
  )
})

/** `npm start` in this clone, with its data in the reader's home. */
function startByNpm(home: string): Promise<{ vault: ChildProcess; url: string }> {
  const vault = spawn('npm', ['start'], {
    cwd: at('.'),
    detached: true,
    env: {
      ...{ PATH: process.env.PATH, HOME: home },
      ...{ SALLYPORT_DATA_DIR: join(home, 'data'), SALLYPORT_PORT: '0' },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  return new Promise((resolve, reject) => {
    for (const stream of [vault.stdout, vault.stderr]) {
      stream.on('data', (chunk) => {
        output += String(chunk)
        const url = /^Sallyport is ready at (\S+)$/m.exec(output)?.[1]
        if (url !== undefined) resolve({ vault, url })
      })
    }
    vault.once('exit', () => reject(new Error(`npm start ended: ${output}`)))
  })
}

function testsUnder(folder: string): string[] {
  return readdirSync(at(folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    // This file names commands, and runs but a few of them.
    if (path === 'test/docs.test.ts' || entry.name === 'node_modules' || entry.name === '.types')
      return []
    if (entry.isDirectory()) return testsUnder(path)
    return entry.name.endsWith('.ts') ? [path] : []
  })
}

const nouns =
  'approvals capability-requests policies oauth-apps connections toolsets tools agents sources servers variables audit alerts keys'.split(
    ' ',
  )
const isVerb = (noun: string) => nouns.includes(noun)

/** What is wrong with these words as a command of this program. */
function faultsOf(program: Command, words: readonly string[]): string[] {
  let command = program
  let index = 0
  for (
    let next = find(command, words[index]);
    next !== undefined;
    next = find(command, words[index])
  ) {
    command = next
    index += 1
  }
  if (command === program) return [`there is no command ${words[0]}`]
  const known = new Map(
    [...command.options, ...program.options].flatMap((option) =>
      [option.long, option.short].map((flag) => [flag, option] as const),
    ),
  )
  const rest = words.slice(index)
  const ends = rest.indexOf('--')
  const own = ends < 0 ? rest : rest.slice(0, ends)
  const faults: string[] = []
  let given = ends < 0 ? 0 : rest.length - ends - 1
  for (let place = 0; place < own.length; place++) {
    const word = own[place] ?? ''
    if (!word.startsWith('-')) {
      given += 1
      continue
    }
    const option = known.get(word.split('=')[0])
    if (option === undefined) faults.push(`${command.name()} takes no ${word}`)
    else if ((option.required || option.optional) && !word.includes('=')) place += 1
  }
  const wanted = command.registeredArguments.filter(({ required }) => required).length
  if (given < wanted) faults.push(`${command.name()} wants ${wanted} words and has ${given}`)
  const variadic = command.registeredArguments.some((argument) => argument.variadic)
  if (!variadic && given > command.registeredArguments.length)
    faults.push(`${command.name()} takes fewer words`)
  return faults
}

const find = (command: Command, name = '') =>
  command.commands.find((child) => child.name() === name || child.aliases().includes(name))
