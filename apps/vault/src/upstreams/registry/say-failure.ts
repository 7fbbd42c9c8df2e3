import { type McpServerStage, Problem } from '@sallyport/contracts'
import { stageOf } from '../clients/upstream-clients.ts'
import type { ServerFailure } from '../kept/server-store.ts'

const messageCharsMax = 1000

/** What failed, for owners: the sentence of a problem, and of anything else nothing, since it may quote what it failed on. */
export function sayFailure(error: unknown, atMs: number): ServerFailure {
  const stage: McpServerStage = stageOf(error) ?? 'configuration'
  const at = new Date(atMs).toISOString()
  if (!(error instanceof Problem)) {
    return { stage, at, message: 'Something went wrong in the vault; its log says what.' }
  }
  const { detail, next } = error
  const message = next === undefined ? detail : `${detail} ${next}`
  return { stage, at, message: message.slice(0, messageCharsMax).replaceAll(/\p{Cs}/gu, '') }
}
