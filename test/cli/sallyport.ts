import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Ended, runProgram } from '../fixtures/run-program.ts'

// The command as a person runs it: the real binary, a home of its own, a project to work in.

export const binary = fileURLToPath(new URL('../../packages/cli/bin/sallyport.js', import.meta.url))

/** A person at a machine. */
export interface Person {
  readonly home: string
  readonly project: string
  readonly environment: Record<string, string>
  /** Runs the command; a line of stdin for each secret. */
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
  const run = async (args: readonly string[], secrets: readonly string[] = []) => {
    const input = secrets.map((secret) => `${secret}\n`).join('')
    const options = { env: environment, cwd: project, input }
    const ended = await runProgram(process.execPath, [binary, ...args], options)
    printed += ended.stdout + ended.stderr
    return ended
  }
  return {
    home,
    project,
    environment,
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

function filesUnder(folder: string) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return { path, mode: statSync(path).mode & 0o777, text: readFileSync(path, 'utf8') }
    })
}
