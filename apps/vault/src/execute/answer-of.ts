import type { ExecuteAnswer } from '@sallyport/contracts'
import type { ReadAnswer } from './read-answer.ts'

/**
 * What the agent is told of a request that was sent: the one door through which an upstream's answer goes to an agent.
 * Throws the problem of an answer that is withheld (S-21).
 */
export function answerOf(read: ReadAnswer, auditId: string): ExecuteAnswer {
  if ('withheld' in read) throw read.withheld
  const { status, headers, body } = read
  return { status, headers, body, auditId }
}
