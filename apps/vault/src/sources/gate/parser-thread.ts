// The entry point of the thread in which queries of MySQL and SQLite are parsed: it says when it begins with one, and what it found.
import { parentPort } from 'node:worker_threads'
import type { ParserAnswer, ParserTask } from './check-apart.ts'
import { parserOf, refuseTree } from './check-tree.ts'

const say = (answer: ParserAnswer) => parentPort?.postMessage(answer)

parentPort?.on('message', async ({ dialect, statement }: ParserTask) => {
  const astify = await parserOf(dialect)
  say({ is: 'begun' })
  say({ is: 'done', reason: refuseTree(astify, statement) })
})
