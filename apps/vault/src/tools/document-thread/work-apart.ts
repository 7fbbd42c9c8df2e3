// Has documents read and written in a thread apart: nobody's call waits meanwhile, and a document that costs too much ends with
// its thread and not with the vault (S-41, S-44).
import type { Worker } from 'node:worker_threads'
import { Problem } from '@sallyport/contracts'
import type { DocumentInput } from '../import/import-document.ts'
import type { ImportedToolset } from '../import/imported-toolset.ts'
import type { SqlDocument, SqlDocumentInput } from '../import/sql/sql-document.ts'
import { rememberDigest } from '../tool-digest.ts'
import { definitionsOf } from '../toolsets/read-source.ts'
import type { ExportedToolset } from '../toolsets/toolsets-needs.ts'
import type { ApartAnswer, ApartTask } from './answer-task.ts'
import { createThreadHolder } from './thread-holder.ts'

interface WorkApartNeeds {
  /** Starts a thread that answers each `ApartTask` with one `ApartAnswer`. */
  readonly startThread: () => Worker
  /** For doing one task, and for waiting until others are done. */
  readonly taskMsMax?: number
}

/** Longer than a document of the largest size takes. */
const taskMsMaxDefault = 60_000
/** Tasks that wait for their turn; one is done at a time, so that calls keep a core. */
const waitingMax = 16
/** Whoever had a longer document, or more tools, ends at once, and gives back what it took. */
const heavyCharsMin = 1_000_000
const heavyToolsMin = 200

interface Job {
  readonly task: ApartTask
  readonly take: (answer: ApartAnswer) => void
  readonly reject: (error: unknown) => void
  timer?: NodeJS.Timeout
}

type Export = Extract<ApartTask, { task: 'export' }>

export interface WorkApart {
  /** @throws the problems of importing; `document-refused` too where it takes too long or too much memory, `overloaded` */
  readonly importDocument: (input: DocumentInput) => Promise<ImportedToolset>
  /** @throws as of importing */
  readonly readSqlDocument: (input: SqlDocumentInput) => Promise<SqlDocument>
  /** @throws Problem `overloaded` where too many wait, or it takes too long */
  readonly exportToolset: (
    format: Export['format'],
    toolset: Export['toolset'],
  ) => Promise<ExportedToolset>
}

/** Builds it; one thread for all who ask. */
export function createWorkApart({
  startThread,
  taskMsMax = taskMsMaxDefault,
}: WorkApartNeeds): WorkApart {
  const waiting: Job[] = []
  const now: { job?: Job | undefined } = {}
  const thread = createThreadHolder<ApartTask, ApartAnswer>(startThread, {
    onAnswer: (answer) => settle((job) => job.take(answer)),
    onEnd: (error) => settle(({ task, reject }) => reject(explainEnd(error, task))),
  })

  const limit = (job: Job) => {
    clearTimeout(job.timer)
    job.timer = setTimeout(giveUp, taskMsMax, job)
    job.timer.unref()
  }
  const next = () => {
    if (now.job !== undefined) return
    now.job = waiting.shift()
    if (now.job === undefined) return
    limit(now.job)
    thread.post(now.job.task)
  }
  /** Tells whoever waits for the task that is being done. */
  const settle = (tell: (job: Job) => void) => {
    const { job } = now
    if (job === undefined) return
    now.job = undefined
    clearTimeout(job.timer)
    if (isHeavy(job.task)) thread.end()
    tell(job)
    next()
  }
  const giveUp = (job: Job) => {
    if (now.job === job) {
      thread.end()
      const why = `longer than ${taskMsMax / 1000} seconds`
      settle(({ task, reject }) => reject(tooCostly(task, why)))
      return
    }
    waiting.splice(waiting.indexOf(job), 1)
    job.reject(overloaded())
  }
  const ask = (task: ApartTask) =>
    new Promise<ApartAnswer>((take, reject) => {
      if (waiting.length >= waitingMax) throw overloaded()
      const job: Job = { task, take, reject }
      limit(job)
      waiting.push(job)
      next()
    })

  return {
    importDocument: async (input) => readImported(await ask({ task: 'import', input })),
    readSqlDocument: async (input) => readSql(await ask({ task: 'read-sql', input })),
    exportToolset: async (format, toolset) =>
      readExported(await ask({ task: 'export', format, toolset })),
  }
}

const isHeavy = (task: ApartTask): boolean =>
  task.task === 'export'
    ? task.toolset.tools.length >= heavyToolsMin
    : task.input.document.length >= heavyCharsMin

function readImported(answer: ApartAnswer): ImportedToolset {
  if (answer.outcome !== 'imported') throw problemOf(answer)
  const { imported, digests } = answer
  for (const [at, definition] of definitionsOf(imported.tools).entries()) {
    const digest = digests[at]
    if (digest !== undefined) rememberDigest(definition, digest)
  }
  return imported
}

function readExported(answer: ApartAnswer): ExportedToolset {
  if (answer.outcome !== 'exported') throw problemOf(answer)
  return answer.exported
}

function readSql(answer: ApartAnswer): SqlDocument {
  if (answer.outcome !== 'read') throw problemOf(answer)
  return answer.read
}

function problemOf(answer: ApartAnswer): Error {
  if (answer.outcome !== 'refused') return new Error('The thread answered another question.')
  const { type, detail, next, fields } = answer
  return new Problem(type, detail, {
    ...(next !== undefined && { next }),
    ...(fields !== undefined && { fields }),
  })
}

/** A thread whose memory is used up says so by this code. */
const explainEnd = (error: unknown, task: ApartTask): unknown =>
  error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? tooCostly(task, 'more memory than one may')
    : error

function tooCostly({ task }: ApartTask, why: string): Problem {
  if (task === 'export') {
    return new Problem('overloaded', `Writing the toolset takes ${why}.`, {
      next: 'Assemble smaller toolsets and export those.',
    })
  }
  const detail = `Reading the document takes ${why}.`
  return new Problem('document-refused', detail, {
    next: 'Split the document and make several toolsets of it.',
    fields: [{ field: 'document', message: detail }],
  })
}

const overloaded = () =>
  new Problem('overloaded', 'Other documents are being read.', {
    next: 'Try again in a moment.',
    retryAfterSeconds: 10,
  })
