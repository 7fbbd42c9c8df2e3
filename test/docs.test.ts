import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configVariables } from '../apps/vault/src/config-variables.ts'
import { clockLeewaySeconds } from '../apps/vault/src/identity/assertion.ts'
import { binary } from './cli/sallyport.ts'
import {
  everyPath,
  faultsOf,
  findCommand,
  groupsOf,
  isCalledIn,
  openProgram,
  textOfTests,
} from './fixtures/command-paths.ts'
import {
  commandsInText,
  commandsOf,
  commandsThatSlipThrough,
  documentedCommands,
  documentedPages,
  ownWords,
  pagesWithCommands,
} from './fixtures/documented-commands.ts'

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
  [
    'claude plugin marketplace add',
    'test/release/install.test.ts',
    "'plugin', 'marketplace', 'add'",
  ],
  ['claude plugin install', 'test/release/install.test.ts', "'plugin', 'install'"],
  ['npm install --no-save --prefix', 'test/release/install.test.ts', "'--no-save', '--prefix'"],
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
const program = openProgram()
// This file names commands, and runs but a few of them.
const tests = textOfTests('test/docs.test.ts')
/** A variable that is set for what comes after, and no command. */
const isSetting = (text: string) => /^[A-Z][A-Z0-9_]*=\S*$/.test(text)

function isRun(text: string): boolean {
  if (isSetting(text) || /^(cat|ls) /.test(text)) return true
  if ([...starts, ...typedHere].includes(text)) return true
  if (runElsewhere.some(([begins]) => text.startsWith(begins))) return true
  return isCalledIn(tests, findCommand(program, ownWords(text) ?? []).path)
}

describe('every command in the documentation', () => {
  it('is one that the command line has, with options that it takes', () => {
    const faults = commands.flatMap(({ place, text }) => {
      const words = ownWords(text)
      return words === undefined
        ? []
        : faultsOf(program, words).map((fault) => `${place} ${text}: ${fault}`)
    })
    expect(faults).toEqual([])
  })

  it('is one that the command line has where the text only speaks of it', () => {
    const groups = groupsOf(program)
    const faults = commandsInText(groups).flatMap(({ place, text }) => {
      const words = ownWords(/^(npx )?sallyport /.test(text) ? text : `sallyport ${text}`) ?? []
      // Of `audit intent` nobody knows that it is a command that is not there: it is a span of traces.
      const isOther =
        !/^(npx )?sallyport /.test(text) && findCommand(program, words).path.length < 2
      return isOther
        ? []
        : faultsOf(program, words, true).map((fault) => `${place} ${text}: ${fault}`)
    })
    expect(faults).toEqual([])
  })

  it('sets no variable that the vault does not read', () => {
    const known = Object.keys(configVariables).flatMap((name) => [name, `${name}_FILE`])
    for (const { place, text } of commands.filter((command) => isSetting(command.text))) {
      expect(known, place).toContain(text.split('=')[0])
    }
  })

  it('stands in a block that says so, whatever its page', () => {
    const left = pagesWithCommands()
      // Its blocks are usages, made of the command line itself.
      .filter((page) => page !== 'docs/cli.md')
      .flatMap((page) => commandsThatSlipThrough(read(page)).map((fault) => `${page}:${fault}`))
    expect(left).toEqual([])
  })

  it('is run by a test, or its page says why not', () => {
    const left = commands
      .filter(({ text, notRun }) => notRun === undefined && !isRun(text))
      .map(({ place, text }) => `${place} ${text}`)
    expect(left).toEqual([])
  })

  it('is not said to be run by a test that does not', () => {
    for (const [begins, test, says] of runElsewhere) {
      expect(read(test).includes(says), `${begins} is run by ${test}`).toBe(true)
      expect(
        commands.some(({ text, notRun }) => notRun === undefined && text.startsWith(begins)),
        begins,
      ).toBe(true)
    }
    for (const { notRun, text } of commands)
      if (notRun !== undefined) expect(notRun.length, text).toBeGreaterThan(5)
  })
})

describe('a command that would slip through', () => {
  const fenced = (language: string, text: string) =>
    `Do this:\n\n\`\`\`${language}\n${text}\n\`\`\`\n`

  it.each([
    ['no language', fenced('', 'npm run bench')],
    ['no language and no command', fenced('', 'nothing')],
    ['a language that is another', fenced('text', 'npx sallyport up')],
    ['a prompt in one that is another', fenced('json', '  $ sallyport up')],
    ['a name of its language that nobody reads', fenced('bash', 'sallyport up')],
    ['another one', fenced('shell', 'sallyport up')],
    ['tildes', '~~~\nsallyport up\n~~~\n'],
    ['an indented block', `1. So:\n\n   \`\`\`\n   sallyport up\n   \`\`\`\n`],
    ['indentation alone', 'Do this:\n\n    npx sallyport up\n'],
    ['a quotation', '> $ sallyport up\n'],
    [
      'a mark where nothing is run',
      `<!-- not run: it is text -->\n${fenced('text', 'x').slice(10)}`,
    ],
  ])('is found in %s', (_what, markdown) => {
    expect(commandsThatSlipThrough(markdown)).toHaveLength(1)
  })

  it('is none in a block that says what it is, nor in a sentence', () => {
    expect(commandsThatSlipThrough(fenced('sh', 'npx sallyport up'))).toEqual([])
    expect(commandsThatSlipThrough(fenced('json', '{ "command": "npx" }'))).toEqual([])
    expect(commandsThatSlipThrough('It goes\nfor a day, and `npx sallyport up` ends.\n')).toEqual(
      [],
    )
  })

  it('is read wherever a block stands, with its indentation and its prompt', () => {
    const indented = '- So:\n\n  ```console\n  $ sallyport up\n  ready\n  ```\n'
    expect(commandsOf(indented, 'x').map(({ text }) => text)).toEqual(['sallyport up'])
    const marked =
      '<!-- not run: it takes a day -->\n```sh\nif true; then\n  npm run soak\nfi\n```\n'
    expect(commandsOf(marked, 'x')).toContainEqual({
      ...{ place: 'x:2', text: 'npm run soak', notRun: 'it takes a day' },
    })
  })

  it('is looked for with all its words', () => {
    const tests = `run(['audit', 'streams', 'add', 's3', 'logs'])\nrun([...['audit', 'verify']])`
    for (const path of ['audit streams add s3', 'audit verify']) {
      expect(isCalledIn(tests, path.split(' ')), path).toBe(true)
    }
    for (const path of ['audit streams add webhook', 'audit streams test', 'logs verify', '']) {
      expect(isCalledIn(tests, path.split(' ').filter(Boolean)), path).toBe(false)
    }
    expect(isCalledIn(`const said = 'audit verify'`, ['audit', 'verify'])).toBe(false)
  })

  it('is not one that the command line has when its third word is wrong', () => {
    expect(faultsOf(program, ['audit', 'streams', 'ad', 'webhook'])).toHaveLength(1)
    expect(faultsOf(program, ['audit', 'streams'])).toHaveLength(1)
    expect(faultsOf(program, ['audit', 'streams'], true)).toEqual([])
    expect(faultsOf(program, ['keys', 'rotate', 'root', '--all'], true)).toHaveLength(1)
  })
})

describe('every command of the command line', () => {
  it('is run by a test, with all its words', () => {
    const typed = new Set(
      typedHere.map((text) => findCommand(program, ownWords(text) ?? []).path.join(' ')),
    )
    const paths = everyPath(program)
    expect(paths).toContain('audit streams retarget syslog')
    const left = paths.filter((path) => !typed.has(path) && !isCalledIn(tests, path.split(' ')))
    expect(left).toEqual([])
  })
})

describe('the pages of the documentation', () => {
  it('link to nothing that is not there, pictures and headings included', async () => {
    const { brokenLinks } = (await import(
      pathToFileURL(at('scripts/markdown-links.mjs')).href
    )) as { brokenLinks(pages: readonly string[]): string[] }
    expect(brokenLinks(pagesWithCommands())).toEqual([])
  })

  it('are all within reach from the first page', async () => {
    const { pagesOutOfReach } = (await import(
      pathToFileURL(at('scripts/markdown-links.mjs')).href
    )) as { pagesOutOfReach(pages: readonly string[], begins: readonly string[]): string[] }
    expect(pagesOutOfReach(documentedPages(), ['README.md', 'docs/README.md'])).toEqual([])
  })
})

describe('what the pages promise in numbers', () => {
  it('is, of clocks, what an assertion may be off by', () => {
    const said: Record<number, string> = { 10: 'ten seconds' }
    const guide = read('docs/deployment.md')
    expect(guide).toContain(`have to agree within ${said[clockLeewaySeconds]},`)
    expect(guide).toContain(
      `it warns from one second and fails from ${said[clockLeewaySeconds]?.split(' ')[0]}`,
    )
    const judge = read('apps/vault/src/doctor/judge-database.ts')
    expect(judge).toContain('skewMsWarned = 1_000')
    expect(judge).toContain(`skewMsMax = ${clockLeewaySeconds}_000`)
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
        mcpServers: {
          sallyport: {
            args: [at('packages/mcp/dist/sallyport-mcp.js')],
            env: { SALLYPORT_BASE_URL: url },
          },
        },
      })
      expect(
        JSON.parse(said[3]?.slice(said[3].indexOf('{'), said[3].lastIndexOf('}') + 1) ?? ''),
      ).toMatchObject({
        // The clone's own, by its path: before a release npm has none.
        mcpServers: {
          sallyport: {
            command: process.execPath,
            args: [at('packages/mcp/dist/sallyport-mcp.js')],
          },
        },
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
