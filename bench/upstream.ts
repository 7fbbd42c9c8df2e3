import { createServer } from 'node:net'

// A process of its own: an upstream that answers every GET with the same 1 KB of JSON, as cheaply as Node can, so that what
// is measured is what stands in front of it. Says its port on the first line, and ends with whoever started it.

const bodyBytes = 1024
const itemsMax = 64

function makeAnswer(): Buffer {
  const items = Array.from({ length: itemsMax }, (_, id) => ({
    id,
    name: `item ${id}`,
    done: true,
  }))
  let kept = 1
  while (JSON.stringify({ items: items.slice(0, kept + 1), pad: '' }).length <= bodyBytes) kept += 1
  const short = JSON.stringify({ items: items.slice(0, kept), pad: '' }).length
  const body = JSON.stringify({ items: items.slice(0, kept), pad: '.'.repeat(bodyBytes - short) })
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
}

const answer = makeAnswer()
const headEnd = '\r\n\r\n'
const server = createServer({ noDelay: true }, (socket) => {
  let rest = ''
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    rest += chunk.toString('latin1')
    for (let end = rest.indexOf(headEnd); end >= 0; end = rest.indexOf(headEnd)) {
      rest = rest.slice(end + headEnd.length)
      socket.write(answer)
    }
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') process.stdout.write(`${address.port}\n`)
})
process.stdin.resume().on('end', () => process.exit(0))
