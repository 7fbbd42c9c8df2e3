// For comparison in `bench execute`: the least that a proxy on Node does, node:http before and undici behind. It decides
// nothing, records nothing and keeps no secret; what the vault costs above it is the vault's own work.
import { createServer } from 'node:http'
import { argv, stdin, stdout } from 'node:process'
import { Pool } from 'undici'

const [upstreamPort] = argv.slice(2)
const pool = new Pool(`http://127.0.0.1:${upstreamPort}`, { connections: 64 })
const server = createServer(async (request, response) => {
  const headers = { authorization: 'Bearer upstream-secret-0123456789' }
  const answer = await pool.request({ path: request.url, method: 'GET', headers })
  const text = await answer.body.text()
  const length = Buffer.byteLength(text)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': length })
  response.end(text)
})
server.listen(0, '127.0.0.1', () => stdout.write(`${server.address().port}\n`))
stdin.resume().on('end', () => process.exit(0))
