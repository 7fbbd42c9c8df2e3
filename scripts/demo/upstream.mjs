// The API that the demo's agent calls: it knows one key, keeps what reached it, and is careless enough to repeat what it
// was sent. Loopback only.
import { timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'

const bodyBytesMax = 10_000

/** Starts it. `requests` are what reached it, with whether each carried the key. */
export async function startUpstream(key) {
  const requests = []
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request
    const withKey = equal(headers.authorization ?? '', `Bearer ${key}`)
    requests.push({ method, url, authorization: headers.authorization, withKey })
    const body = await readBody(request)
    const answer = withKey
      ? { invoice: 'inv_1001', ...body, youSent: { authorization: headers.authorization } }
      : { error: 'who are you?' }
    response.writeHead(withKey ? 201 : 401, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { origin: `http://127.0.0.1:${server.address().port}`, requests, close }
}

function equal(one, other) {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

async function readBody(request) {
  let text = ''
  for await (const chunk of request) {
    text += chunk
    if (text.length > bodyBytesMax) throw new Error('the demo sends less')
  }
  return text === '' ? {} : JSON.parse(text)
}
