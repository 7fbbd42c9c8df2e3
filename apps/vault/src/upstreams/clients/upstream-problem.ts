// Failures of upstream servers as problems that say how far things came.
import { Problem, type ProblemOptions, type ProblemType } from '@sallyport/contracts'
import type { UpstreamStage } from './live-upstream.ts'

const stages: readonly string[] = ['resolve', 'spawn', 'connect', 'initialize', 'list', 'call']

/** A problem with its stage as a public member. The sentence holds nothing that the server wrote, unless redacted. */
export function upstreamProblem(
  stage: UpstreamStage,
  type: ProblemType,
  said: ProblemOptions & { readonly detail: string },
): Problem {
  const { detail, ...options } = said
  return new Problem(type, detail, { ...options, extra: { ...options.extra, stage } })
}

/** How far things had come when they failed; undefined for a failure that is not an upstream's. */
export function stageOf(error: unknown): UpstreamStage | undefined {
  const stage = error instanceof Problem ? error.extra?.stage : undefined
  return isStage(stage) ? stage : undefined
}

const isStage = (stage: unknown): stage is UpstreamStage =>
  typeof stage === 'string' && stages.includes(stage)
