import { Agent, request as send } from 'undici'

/** A request to a service that the operator named. */
export interface OperatorRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: Uint8Array
}

const connectMsMax = 2_000
/** From the first byte sent to the last one read. */
const answerMsMax = 2_500
const answerBytesMax = 64 * 1024

/**
 * Builds the way to what the operator wrote into the environment, such as a KMS: its address is trusted and may be private, and
 * nothing else is. No redirect is followed; time and size of an answer are bounded; no connection is kept. `ca`: PEM, in place of
 * the authorities that the system knows.
 */
export function createOperatorRequest({ ca }: { readonly ca?: string | undefined } = {}) {
  return async ({
    method,
    url,
    headers,
    body,
  }: OperatorRequest): Promise<{ status: number; body: Uint8Array }> => {
    const dispatcher = new Agent({
      connect: {
        timeout: connectMsMax,
        rejectUnauthorized: true, // said aloud: NODE_TLS_REJECT_UNAUTHORIZED must not switch it off
        ...(ca !== undefined && { ca }),
      },
      pipelining: 0,
      headersTimeout: answerMsMax,
      bodyTimeout: answerMsMax,
    })
    try {
      const answer = await send(url, {
        ...{ method, dispatcher, signal: AbortSignal.timeout(answerMsMax) },
        headers: headers.flat(),
        ...(body !== undefined && { body }),
      })
      return { status: answer.statusCode, body: await readBounded(answer.body) }
    } finally {
      await dispatcher.destroy()
    }
  }
}

async function readBounded(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > answerBytesMax) {
      throw Object.assign(new Error('the answer is too large'), { code: 'ANSWER_TOO_LARGE' })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
