// What the SDK throws, as problems and answers: sentences of ours, and nothing that a server wrote.
import {
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  SseError,
} from '@modelcontextprotocol/client'
import { Problem } from '@sallyport/contracts'
import { noAnswerCode, streamEndedCode, tooDeepCode } from './guarded-transport.ts'
import type { UpstreamReply, UpstreamStage } from './live-upstream.ts'
import { tooLongCode } from './program-transport.ts'
import { stageOf, upstreamProblem } from './upstream-problem.ts'

const ours = new Map<number, (stage: UpstreamStage) => Problem>([
  [tooLongCode, tooLarge],
  [tooDeepCode, tooDeep],
  [noAnswerCode, invalid],
  [
    streamEndedCode,
    (stage) =>
      upstreamProblem(stage, 'upstream-invalid-response', {
        detail: 'The server ended its answer before it was whole.',
        next: 'The request may have been carried out all the same: look before sending it again.',
      }),
  ],
])

/** Turns whatever failed into a problem of a stage. A problem that has a stage keeps it. */
export function readFailure(error: unknown, stage: UpstreamStage): Problem {
  if (error instanceof Problem) {
    if (stageOf(error) !== undefined) return error
    const { type, detail, next, retryAfterSeconds, cause } = error
    return upstreamProblem(stage, type, {
      detail,
      cause,
      ...(next !== undefined && { next }),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    })
  }
  const inner = error instanceof Error ? error.cause : undefined
  if (inner instanceof Problem) return readFailure(inner, stage)
  if (SdkHttpError.isInstance(error)) return httpFailure(error.data.status, stage)
  if (SseError.isInstance(error)) return httpFailure(error.code, stage)
  if (ProtocolError.isInstance(error)) {
    return ours.get(error.code)?.(stage) ?? refused(error.code, stage)
  }
  if (SdkError.isInstance(error)) return sdkFailure(error.code, stage)
  return invalid(stage)
}

/**
 * The error that a server answered in place of a result, as data; undefined for a failure that is not its answer. A wish for
 * further input is such an answer too: nobody is there to be asked.
 */
export function readRefusal(error: unknown): UpstreamReply | undefined {
  if (ProtocolError.isInstance(error) && !ours.has(error.code)) {
    const { code, message, data } = error
    return { ok: false, error: { code, message, ...(data !== undefined && { data }) } }
  }
  if (SdkError.isInstance(error) && error.code === SdkErrorCode.UnsupportedResultType) {
    const message =
      'The server asks for further input, which can be given to nobody here. Call it with all that it needs.'
    return { ok: false, error: { code: -32_603, message } }
  }
  return undefined
}

function httpFailure(status: number | undefined, stage: UpstreamStage): Problem {
  if (status === 401 || status === 403) {
    return upstreamProblem(stage, 'provider-refused', {
      detail: `The server answered ${status}: it wants a credential, or another one.`,
      next: 'The owner signs in to the server, or looks at its headers.',
    })
  }
  if (status === undefined) return invalid(stage)
  return upstreamProblem(stage, 'upstream-invalid-response', {
    detail: `The server answered with the HTTP status ${status}.`,
    next:
      status === 404 || status === 405
        ? 'The owner looks at the address and the transport: is this where the server speaks MCP?'
        : 'The owner looks at the address and the headers, or whoever runs the server puts it right.',
  })
}

function sdkFailure(code: SdkErrorCode, stage: UpstreamStage): Problem {
  if (code === SdkErrorCode.RequestTimeout) return timedOut(stage)
  if (code === SdkErrorCode.ConnectionClosed || code === SdkErrorCode.NotConnected) {
    return upstreamProblem(stage, 'upstream-unreachable', {
      detail: 'The connection to the server ended.',
      next: 'The vault connects again. What was asked may have been carried out all the same.',
    })
  }
  if (code === SdkErrorCode.MethodNotSupportedByProtocolVersion) {
    return upstreamProblem(stage, 'invalid-input', {
      detail: 'The server speaks a version of MCP that does not have this.',
    })
  }
  return invalid(stage)
}

/** The server said no to what every server has to answer. */
function refused(code: number, stage: UpstreamStage): Problem {
  return upstreamProblem(stage, 'upstream-invalid-response', {
    detail: `The server refused with the error ${code}.`,
    next: 'Whoever runs the server finds the reason in its log.',
  })
}

/** A deadline passed. */
export function timedOut(stage: UpstreamStage): Problem {
  return upstreamProblem(stage, 'upstream-timeout', {
    detail: 'The server did not answer in time.',
    next:
      stage === 'call'
        ? 'The request may have been carried out all the same: look before sending it again.'
        : 'The owner looks whether the server runs, or gives it more time.',
  })
}

/** More came than is taken. */
export function tooLarge(stage: UpstreamStage): Problem {
  return upstreamProblem(stage, 'response-too-large', {
    detail: 'The server answered more than is taken.',
    next: 'Ask for less. The request was carried out by the server.',
  })
}

function tooDeep(stage: UpstreamStage): Problem {
  return upstreamProblem(stage, 'upstream-invalid-response', {
    detail: 'The answer of the server is nested deeper than is taken.',
    next: 'Whoever wrote the server puts it right.',
  })
}

function invalid(stage: UpstreamStage): Problem {
  return upstreamProblem(stage, 'upstream-invalid-response', {
    detail: 'The answer of the server is no valid MCP.',
    next: 'Whoever wrote the server puts it right; or the address or command is not that of a server.',
  })
}
