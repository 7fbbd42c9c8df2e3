import { Problem } from '@sallyport/contracts'
import type { Answer } from './answer.ts'

/**
 * Reads a body as UTF-8 text, up to a bound.
 * @throws Problem `vault-invalid-answer` where it is longer; the rest is not read
 */
export async function readBounded(
  response: Pick<Answer, 'body'>,
  bytesMax: number,
): Promise<string> {
  if (response.body === null) return ''
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done || value === undefined) return text + decoder.decode()
    bytes += value.byteLength
    if (bytes > bytesMax) {
      await reader.cancel()
      throw new Problem(
        'vault-invalid-answer',
        `The answer is longer than ${bytesMax} bytes and was not read on.`,
      )
    }
    text += decoder.decode(value, { stream: true })
  }
}
