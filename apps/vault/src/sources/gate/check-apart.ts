// Has queries parsed in a thread apart: nobody's call waits meanwhile, and a query that costs too much ends with its thread (S-44).
import type { Worker } from 'node:worker_threads'
import { Problem } from '@sallyport/contracts'
import type { CheckTree } from './check-tree.ts'
import type { TextDialect } from './text-gate.ts'

export interface ParserTask {
  readonly dialect: TextDialect
  readonly statement: string
}

export type ParserAnswer =
  | { readonly is: 'begun' }
  | { readonly is: 'done'; readonly reason: string | undefined }

interface ApartNeeds {
  /** Starts a thread that answers each `ParserTask` with `begun`, once it can, and with `done`. */
  readonly startThread: () => Worker
  /** For parsing one query. What people and models write takes a few. */
  readonly parseMsMax?: number
}

/** For starting the thread and loading a parser, on a machine that is busy. */
const startMsMax = 20_000
/** A thread that had nothing to do for so long ends: it holds some 50 MB. */
const idleMs = 60_000
const waitingMax = 64

interface Job {
  readonly task: ParserTask
  readonly settle: (reason: string | undefined) => void
}

const tooCostly = 'The statement takes too long to parse: nest less, and join in fewer steps.'

/**
 * One thread for all who ask, one query at a time.
 * @throws Problem overloaded, where too many wait
 */
export function createCheckApart({ startThread, parseMsMax = 1_000 }: ApartNeeds): CheckTree {
  const waiting: Job[] = []
  const held: { thread?: Worker | undefined; job?: Job | undefined } = {}
  let timer: NodeJS.Timeout | undefined

  const within = (ms: number, then: () => void) => {
    clearTimeout(timer)
    timer = setTimeout(then, ms)
    timer.unref()
  }
  const end = () => {
    const { thread } = held
    held.thread = undefined
    void thread?.terminate()
  }
  const settle: Job['settle'] = (reason) => {
    const { job } = held
    held.job = undefined
    within(idleMs, end)
    job?.settle(reason)
    next()
  }
  const giveUp = () => {
    end()
    settle(tooCostly)
  }
  const open = (): Worker => {
    const own = startThread()
    own.unref()
    own.on('message', (answer: ParserAnswer) => {
      if (held.thread !== own) return
      if (answer.is === 'begun') within(parseMsMax, giveUp)
      else settle(answer.reason)
    })
    const ended = () => {
      if (held.thread !== own) return
      held.thread = undefined
      settle(tooCostly)
    }
    own.on('error', ended).on('exit', ended)
    return own
  }
  const next = () => {
    if (held.job !== undefined) return
    held.job = waiting.shift()
    if (held.job === undefined) return
    within(startMsMax, giveUp)
    held.thread ??= open()
    held.thread.postMessage(held.job.task)
  }

  return (dialect, statement) =>
    new Promise((settle) => {
      if (waiting.length >= waitingMax) throw tooMany()
      waiting.push({ task: { dialect, statement }, settle })
      next()
    })
}

function tooMany(): Problem {
  return new Problem('overloaded', 'Too many queries are waiting to be parsed.', {
    next: 'Nothing was sent; try again in a moment.',
    retryAfterSeconds: 1,
  })
}
