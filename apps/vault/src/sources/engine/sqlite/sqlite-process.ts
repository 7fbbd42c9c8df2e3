// The entry point of the process in which one statement runs on a SQLite file. The library cannot be interrupted: its thread runs
// until the statement is over, and holds up the end of its whole process. So a statement has a process of its own, whose main
// thread ends it at the deadline, and with the vault.
import { writeFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { SqliteAnswer, SqliteTask } from './sqlite-task.ts'

/** What is not done by then is no quick one. */
const ownPaceMs = 2_000
/** The vault ends it at the deadline; this is for when nobody does. */
const graceMs = 1_000
const threadLimits = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 32 }

const end = () => process.kill(process.pid, 'SIGKILL')

/** Watches over the thread that runs the statement. */
function watch(): void {
  process.once('disconnect', end)
  preferOverVault()
  process.once('message', (task: SqliteTask) => {
    setTimeout(end, task.leftMs + graceMs)
    setTimeout(giveWay, ownPaceMs)
    const thread = new Worker(fileURLToPath(import.meta.url), {
      ...{ workerData: task, resourceLimits: threadLimits, env: {}, execArgv: [] },
    })
    thread.once('message', (answer: SqliteAnswer) =>
      process.send?.(answer, undefined, undefined, end),
    )
    thread.once('error', end)
  })
}

/** A query that computes on and on leaves the processor to the vault and to quicker ones, where all want it. */
function giveWay(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // Then all have the same.
  }
}

/** Where memory runs out, Linux ends this process and not the vault. */
function preferOverVault(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch {
    // Elsewhere there is nothing to say.
  }
}

if (isMainThread) watch()
// The library is loaded where it is needed, and not a second time for the watcher.
else parentPort?.postMessage((await import('./sqlite-session.ts')).runSqliteTask(workerData))
