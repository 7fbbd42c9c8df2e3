import { expect, it } from 'vitest'
import { begunStream } from './begun-stream.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

it('hands on all parts of a stream, and asks for no more than is taken', async () => {
  let made = 0
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        made += 1
        if (made > 20) controller.close()
        else controller.enqueue(bytes(`${made} `))
      },
    },
    { highWaterMark: 0 },
  )
  const begun = await begunStream(stream)
  expect(made).toBe(1)
  const text = await new Response(begun).text()
  expect(text.trim().split(' ')).toHaveLength(20)
  expect(await new Response(await begunStream(new Blob([]).stream())).text()).toBe('')
})

it('fails at once where the stream does, and ends it where nobody takes the rest', async () => {
  const failing = new ReadableStream<Uint8Array>({
    pull: () => Promise.reject(new Error('no head')),
  })
  await expect(begunStream(failing)).rejects.toThrow('no head')
  let ended = false
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(bytes('a')),
    cancel() {
      ended = true
    },
  })
  await (await begunStream(endless)).cancel()
  expect(ended).toBe(true)
})
