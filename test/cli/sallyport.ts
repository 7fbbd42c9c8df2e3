import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { runCommand } from '../../packages/cli/src/command.ts'
import { type Ended, runProgram } from '../fixtures/run-program.ts'

// The command as a person runs it: as it was built, with a home of its own and a project to work in.

export const binary = fileURLToPath(new URL('../../packages/cli/bin/sallyport.js', import.meta.url))
const here = process.cwd()
const built = new URL('../../packages/cli/dist/command.js', import.meta.url).href

/** A person at a machine. */
export interface Person {
  readonly home: string
  readonly project: string
  readonly environment: Record<string, string>
  /** Runs the command in a process of its own; a line of stdin for each secret. */
  start(args: readonly string[], secrets?: readonly string[]): Promise<Ended>
  /** Runs the same built command within this process, which saves half a second of the processor's time. */
  run(args: readonly string[], secrets?: readonly string[]): Promise<Ended>
  /** Runs it and answers what `--json` printed. Fails with stderr where it does not succeed. */
  json<Answer>(args: readonly string[], secrets?: readonly string[]): Promise<Answer>
  /** All that any command printed, stdout and stderr. */
  printed(): string
  /** Every file of the home and the project, with its permissions and text. */
  files(): { path: string; mode: number; text: string }[]
  leave(): void
}

/** Makes a person whose vault is the one at `url`. */
export function createPerson(url: string, more: Record<string, string> = {}): Person {
  const folder = mkdtempSync(join(tmpdir(), 'person-'))
  const [home, project] = [join(folder, 'home'), join(folder, 'project')]
  mkdirSync(home)
  mkdirSync(project)
  const environment = { HOME: home, SALLYPORT_BASE_URL: url, ...more }
  let printed = ''
  const keeping =
    (how: typeof startCommand) =>
    async (args: readonly string[], secrets: readonly string[] = []) => {
      const input = secrets.map((secret) => `${secret}\n`).join('')
      const ended = await how(args, { env: environment, cwd: project, input })
      printed += ended.stdout + ended.stderr
      return ended
    }
  const run = keeping(runHere)
  return {
    home,
    project,
    environment,
    start: keeping(startCommand),
    run,
    async json<Answer>(args: readonly string[], secrets?: readonly string[]) {
      const { code, stdout, stderr } = await run([...args, '--json'], secrets)
      if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`)
      return JSON.parse(stdout) as Answer
    },
    printed: () => printed,
    files: () => [...filesUnder(home), ...filesUnder(project)],
    leave: () => rmSync(folder, { recursive: true, force: true }),
  }
}

interface Surroundings {
  readonly env: Record<string, string>
  readonly cwd: string
  readonly input: string
}

const startCommand = (args: readonly string[], how: Surroundings): Promise<Ended> =>
  runProgram(process.execPath, [binary, ...args], how)

/** Nobody is at a terminal: the streams are pipes, as they are for a program that another one runs. */
async function runHere(args: readonly string[], { env, cwd, input }: Surroundings): Promise<Ended> {
  const command = (await import(built)) as { runCommand: typeof runCommand }
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  stdin.end(input)
  const texts = [collect(stdout), collect(stderr)]
  // What is named by a relative path is sought here.
  process.chdir(cwd)
  const streams = { stdin, stdout, stderr } as unknown as Parameters<
    typeof runCommand
  >[0]['streams']
  const environment = { ...process.env, ...env }
  const code = await command.runCommand({ environment, streams, directory: cwd }, args)
  process.chdir(here)
  stdout.end()
  stderr.end()
  const [out = '', err = ''] = await Promise.all(texts)
  return { code, stdout: out, stderr: err }
}

async function collect(stream: PassThrough): Promise<string> {
  let text = ''
  for await (const chunk of stream.setEncoding('utf8')) text += chunk
  return text
}

function filesUnder(folder: string) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return { path, mode: statSync(path).mode & 0o777, text: readFileSync(path, 'utf8') }
    })
}
