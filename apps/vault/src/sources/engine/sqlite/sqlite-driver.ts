// SQLite: one statement in a process of its own, which is ended at the deadline whatever it does.
import { type ChildProcess, fork } from 'node:child_process'
import { Problem } from '@sallyport/contracts'
import { allowedFunctions } from '../../gate/allowed-functions.ts'
import type { SqlBoundValue, SqlResult } from '../sql-engine.ts'
import { type StopSignal, untilStopped } from '../stop-signal.ts'
import { findSqliteFile } from './find-file.ts'
import type { SqliteAnswer, SqliteReach, SqliteTask } from './sqlite-task.ts'

/** What the process's main thread takes; the statement's thread has bounds of its own. */
const processFlags = ['--max-old-space-size=128']

/** Rolling back takes about as long as writing did. */
const recoveryMsMax = 60_000

export interface SqliteNeeds {
  /** Folders that the operator listed. */
  readonly dirs: readonly string[]
  /** The file of the entry point `sqlite-process`. */
  readonly entry: string
}

export interface SqliteJob {
  readonly path: string
  readonly reach: SqliteReach
  readonly statement: string
  readonly parameters: readonly SqlBoundValue[]
  readonly rowsMax: number
  readonly bytesMax: number
  readonly stop: StopSignal
}

/** Runs one statement on a file. @throws Problem address-refused, upstream-invalid-response, and the signal's reason */
export async function runOnSqlite(needs: SqliteNeeds, job: SqliteJob): Promise<SqlResult> {
  const { stop, ...rest } = job
  const { path } = await untilStopped(findSqliteFile(job.path, needs.dirs), stop.signal)
  const functions = [...allowedFunctions('sqlite')]
  const task: SqliteTask = { ...rest, path, functions, leftMs: stop.leftMs() }
  try {
    const answer = await askProcess(needs, task, stop.signal)
    if (answer.outcome === 'result') return answer.result
    throw unreadable(answer.code)
  } catch (error) {
    // What a writer that was ended left half done is rolled back now: those who only read could not.
    if (task.reach === 'write') {
      const recovery = { ...task, statement: 'SELECT 1', parameters: [], leftMs: recoveryMsMax }
      void askProcess(needs, recovery, AbortSignal.timeout(recoveryMsMax)).catch(() => {})
    }
    throw error
  }
}

async function askProcess(
  { entry }: SqliteNeeds,
  task: SqliteTask,
  signal: AbortSignal,
): Promise<SqliteAnswer> {
  // It has no use for the environment, in which the root key may stand.
  const child = fork(entry, [], {
    ...{ cwd: '/', env: {}, execArgv: processFlags, serialization: 'advanced' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  try {
    return await untilStopped(ask(child, task), signal)
  } finally {
    child.kill('SIGKILL')
  }
}

function ask(child: ChildProcess, task: SqliteTask): Promise<SqliteAnswer> {
  return new Promise((resolve, reject) => {
    child.once('message', (answer) => resolve(answer as SqliteAnswer))
    child.on('error', () => reject(ended()))
    child.once('exit', () => reject(ended()))
    child.send(task, (error) => {
      if (error !== null) reject(ended())
    })
  })
}

function unreadable(code: string): Problem {
  return new Problem(
    'upstream-invalid-response',
    'The file could not be read as a SQLite database.',
    {
      next: 'The owner of the source checks the file; the vault’s process has to be allowed to read it.',
      cause: code,
    },
  )
}

function ended(): Problem {
  return new Problem(
    'upstream-invalid-response',
    'The statement took more than it may, and was ended.',
    {
      next: 'Ask for less. A statement that writes was rolled back.',
    },
  )
}
