import { PassThrough } from 'node:stream'
import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { runCommand } from './command.ts'
import { welcome } from './commands/up.ts'
import { explainUsage } from './empty-program.ts'
import { explainFailure } from './explain-failure.ts'
import { createProgram } from './program.ts'
import { createServerProgram, startsServer } from './server-program.ts'
import { CommandError, createTerminal, type Streams } from './terminal.ts'

describe('wrong usage', () => {
  it.each([
    '--token=hunter2-hunter2',
    '--password=hunter2-hunter2',
    '--tok=hunter2-hunter2',
    '-phunter2',
  ])('is explained without what was given with %s', (option) => {
    expect(explainUsage(`error: unknown option '${option}'\n`)).not.toContain('hunter2')
  })

  it('says of a secret as an argument where secrets are read', () => {
    expect(explainUsage("error: unknown option '--token'")).toMatch(/asked for, or read from stdin/)
  })
})

describe('a command that is not there', () => {
  it('is answered with the one that may be meant', () => {
    const text = "error: unknown command 'toolset'\n(Did you mean toolsets?)"
    expect(explainUsage(text)).toBe("unknown command 'toolset'. Did you mean toolsets?")
  })
})

describe('the command that starts a server', () => {
  const noProcess = { environment: {}, streams: process, directory: '/' }

  it.each(['up', 'worker'])('%s is the same without the others beside it', (name) => {
    const [all, alone] = [createProgram, createServerProgram].map((create) =>
      create(noProcess, '1')
        .commands.find((command) => command.name() === name)
        ?.helpInformation(),
    )
    expect(alone).toMatch(`sallyport ${name}`)
    expect(alone).toBe(all)
  })

  it('is told by its name alone, and by nothing that stands later', () => {
    expect(startsServer(['up'])).toBe(true)
    expect(startsServer(['--json', 'up'])).toBe(false)
    expect(startsServer(['agents', 'up'])).toBe(false)
    expect(startsServer([])).toBe(false)
  })
})

describe('a failure', () => {
  it('on a terminal takes the place of the step that was said there', async () => {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
    Object.assign(stderr, { isTTY: true })
    const streams = { stdin, stdout, stderr } as unknown as Streams
    createTerminal(streams, { json: false }).step('one …')
    const args = ['agents', 'list', '--url', 'nowhere']
    expect(await runCommand({ environment: {}, streams, directory: '/' }, args)).not.toBe(0)
    expect(String(stderr.read())).toContain('one …\r\u001b[Ksallyport: ')
  })

  it('of arguments names all that are wrong', () => {
    const fields = [
      { field: 'arguments.a', message: 'must be given' },
      { field: 'arguments.b', message: 'is not known\u001b[2J' },
    ]
    const problem = new Problem('invalid-arguments', 'arguments.a must be given.', { fields })
    const { text } = explainFailure(problem)
    expect(text.split('\n').slice(1)).toEqual([
      '  arguments.a must be given',
      '  arguments.b is not known\\u{1b}[2J',
    ])
  })

  it('of a file says which and why', () => {
    const error = Object.assign(new Error('EEXIST: file already exists'), {
      ...{ code: 'EEXIST', syscall: 'open', path: 'stock.yaml' },
    })
    expect(explainFailure(error).text).toBe(
      'stock.yaml could not be opened: it is there already, and nothing is written over.',
    )
  })

  it('that is expected is one sentence and what to do next', () => {
    const problem = new Problem('vault-unreachable', 'No vault.', { next: 'Start it.' })
    expect(explainFailure(problem)).toEqual({ text: 'No vault. Start it.', exitCode: 1 })
    expect(explainFailure(new CommandError('No file.'))).toEqual({ text: 'No file.', exitCode: 1 })
  })

  it('never steers the terminal with what a vault said', () => {
    const { text } = explainFailure(new Problem('policy-denied', 'a\u001b[2Jb'))
    expect(text).not.toContain('\u001b')
  })

  it('of a prompt that was left is what a shell says of an interrupt', () => {
    const left = Object.assign(new Error('force closed'), { name: 'ExitPromptError' })
    expect(explainFailure(left)).toEqual({ text: 'Stopped.', exitCode: 130 })
  })

  it('that nobody expected shows where it happened', () => {
    const { text, exitCode } = explainFailure(new TypeError('oops'))
    expect(text).toContain('program.test.ts')
    expect(exitCode).toBe(70)
  })
})

describe('the first start', () => {
  const setupUrl = 'http://127.0.0.1:4770/setup#token=x'

  it('says where the vault is, gives the owner’s link and two commands', () => {
    const lines = welcome({ url: 'http://127.0.0.1:4770', setupUrl }).split('\n')
    expect(lines[0]).toBe('Sallyport is ready at http://127.0.0.1:4770')
    expect(lines.filter((line) => line.includes(setupUrl))).toHaveLength(1)
    expect(lines.filter((line) => line.includes('npx sallyport'))).toHaveLength(2)
    expect(lines.join()).not.toContain('--url')
  })

  it('gives commands that work as they stand where the vault is elsewhere', () => {
    const url = 'http://127.0.0.1:4999'
    expect(welcome({ url, setupUrl })).toContain(`npx sallyport connect claude --url ${url} `)
  })

  it('is the only one that says more than one line', () => {
    expect(welcome({ url: 'http://x' })).toBe('Sallyport is ready at http://x')
  })
})
