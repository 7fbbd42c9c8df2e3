import { Problem } from '@sallyport/contracts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type EchoUpstream, startEchoUpstream } from '../../../../test/fixtures/echo-upstream.ts'
import { makeCertificates } from '../../../../test/fixtures/tls.ts'
import { verifies } from '../../../../test/verifies.ts'
import { createEgress, type Egress, type Resolve } from './egress.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function upstream(tls?: { cert: string; key: string }): Promise<EchoUpstream> {
  const server = await startEchoUpstream(tls ? { tls } : {})
  closers.push(server.close)
  return server
}

function build(options: Partial<Parameters<typeof createEgress>[0]>): Egress {
  const egress = createEgress({
    allowCidrs: ['127.0.0.0/8'],
    denyCidrs: [],
    now: Date.now,
    ...options,
  })
  closers.push(egress.close)
  return egress
}

/** A resolver that answers from a list, one entry a question, and counts. */
function scripted(...script: string[][]): Resolve & { asked: string[] } {
  const asked: string[] = []
  const resolve = async (hostname: string) => {
    const answer = script[Math.min(asked.length, script.length - 1)] ?? []
    asked.push(hostname)
    return answer.map((address) => ({ address }))
  }
  return Object.assign(resolve, { asked })
}

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof Problem) return error
  throw new Error(`Expected a problem, got ${String(error)}`)
}

let keys = 0
async function get(egress: Egress, url: string, poolKey = `key-${keys++}`): Promise<string> {
  const answer = await egress.send(
    { method: 'GET', url, headers: [] },
    { poolKey, responseBytesMax: 1_000_000, deadlineMs: 5_000 },
  )
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

describe('connecting', () => {
  it('refuses a name when any of its addresses is not allowed, and dials none', async () => {
    verifies('S-16', 'S-17')
    const server = await upstream()
    const inner = [
      '10.0.0.1',
      '169.254.169.254',
      '::1',
      '::ffff:127.0.0.1',
      'fe80::1%lo',
      'nonsense',
    ]
    for (const other of inner) {
      for (const answer of [
        ['127.0.0.1', other],
        [other, '127.0.0.1'],
        ['127.0.0.1', '127.0.0.2', other],
      ]) {
        const egress = build({ resolve: scripted(answer) })
        const problem = await problemOf(get(egress, `http://mixed.example:${server.port}/`))
        expect(problem.type).toBe('address-refused')
        expect(JSON.stringify([problem.message, problem.next, problem.cause])).not.toContain(other)
      }
    }
    expect(server.connectionCount()).toBe(0)
  })

  it('refuses private answers of an https name although http to listed addresses is possible', async () => {
    verifies('S-17')
    const egress = build({ allowCidrs: [], resolve: scripted(['127.0.0.1']) })
    const problem = await problemOf(get(egress, 'https://rebound.example/'))
    expect(problem.type).toBe('address-refused')
  })

  it('does not send plain http to a public address', async () => {
    verifies('S-17')
    const egress = build({ resolve: scripted(['8.8.8.8']) })
    expect((await problemOf(get(egress, 'http://public.example/'))).type).toBe('address-refused')
  })

  it('asks once for a connection and dials that answer, whatever a second answer would be', async () => {
    verifies('S-16')
    const server = await upstream()
    const resolve = scripted(['127.0.0.1'], ['10.0.0.1'])
    const egress = build({ resolve })
    const url = `http://rebinding.example:${server.port}/`
    for (let i = 0; i < 5; i++) await get(egress, url, 'same')
    expect(resolve.asked).toEqual(['rebinding.example'])
    expect(server.connectionCount()).toBe(1)
    expect(server.requests[0]?.headers[0]).toEqual(['host', `rebinding.example:${server.port}`])
    // A new connection is checked anew.
    expect((await problemOf(get(egress, url, 'other'))).type).toBe('address-refused')
  })

  it('tries the next checked address when one does not answer', async () => {
    const server = await upstream()
    const resolve = scripted(['127.0.0.77', '127.0.0.1'])
    const egress = build({ resolve })
    expect(await get(egress, `http://two.example:${server.port}/`)).toContain('"ok":true')
    expect(resolve.asked).toHaveLength(1)
  })

  it('connects to addresses in an origin only inside the listed ranges', async () => {
    verifies('S-17')
    const server = await upstream()
    const egress = build({ denyCidrs: ['127.0.0.3/32'] })
    expect(await get(egress, `${server.origin}/x`)).toContain('"ok":true')
    for (const origin of [
      'http://10.0.0.1',
      `http://127.0.0.3:${server.port}`,
      'http://[::1]',
      'https://1.1.1.1',
    ]) {
      expect((await problemOf(get(egress, `${origin}/`))).type, origin).toBe('address-refused')
    }
    expect((await problemOf(get(build({ allowCidrs: [] }), `${server.origin}/`))).type).toBe(
      'address-refused',
    )
  })

  it('says plainly that a name is unknown, hangs, or that nobody listens', async () => {
    const failing =
      (code: string): Resolve =>
      async () => {
        throw Object.assign(new Error(`query ${code} secret.internal 10.1.2.3`), { code })
      }
    const unknown = await problemOf(
      get(build({ resolve: failing('ENOTFOUND') }), 'https://no.example/'),
    )
    expect(unknown.type).toBe('upstream-unreachable')
    expect(unknown.cause).toBe('ENOTFOUND')
    const hanging = build({ resolve: () => new Promise(() => {}), limits: { resolveMs: 30 } })
    expect((await problemOf(get(hanging, 'https://slow.example/'))).type).toBe('upstream-timeout')
    const server = await upstream()
    await server.close()
    const refused = await problemOf(get(build({}), `${server.origin}/`))
    expect(refused.type).toBe('upstream-unreachable')
    expect(`${refused.message} ${refused.next}`).not.toMatch(/127\.0|\d{4}/)
  })

  it('asks once for all connections that wait for the same hanging name', async () => {
    verifies('S-22')
    let asked = 0
    const resolve: Resolve = () => {
      asked += 1
      return new Promise(() => {})
    }
    const egress = build({ resolve, limits: { resolveMs: 30 } })
    await Promise.all(
      Array.from({ length: 20 }, () => problemOf(get(egress, 'https://slow.example/', 'one'))),
    )
    await problemOf(get(egress, 'https://slow.example/', 'two'))
    expect(asked).toBe(1)
  })
})

describe('TLS', () => {
  const good = makeCertificates({ names: ['api.example', '127.0.0.1'] })

  it('verifies the certificate for the name, on the address that was checked', async () => {
    verifies('S-16')
    const server = await upstream(good)
    const egress = build({ resolve: scripted(['127.0.0.1']), extraCa: [good.ca] })
    expect(await get(egress, `https://api.example:${server.port}/a`)).toContain('"path":"/a"')
    expect(server.requests[0]?.headers[0]).toEqual(['host', `api.example:${server.port}`])
    expect(await get(egress, `https://127.0.0.1:${server.port}/b`)).toContain('"path":"/b"')
    const wrong = await problemOf(get(egress, `https://other.example:${server.port}/`))
    expect(wrong.type).toBe('upstream-unreachable')
    expect(wrong.message).toContain('TLS')
    expect(server.requests).toHaveLength(2)
  })

  it('sends nothing to a certificate that is unknown or has expired, whatever the environment says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    try {
      const old = makeCertificates({
        names: ['api.example'],
        notAfter: new Date(Date.now() - 60_000),
      })
      for (const [certificates, extraCa] of [
        [good, []],
        [old, [old.ca]],
      ] as const) {
        const server = await upstream(certificates)
        const egress = build({ resolve: scripted(['127.0.0.1']), extraCa })
        const problem = await problemOf(get(egress, `https://api.example:${server.port}/`))
        expect(problem.type).toBe('upstream-unreachable')
        expect(server.requests).toHaveLength(0)
      }
    } finally {
      vi.unstubAllEnvs()
    }
  })

  it('speaks no TLS to a server that speaks none', async () => {
    const server = await upstream()
    const egress = build({ resolve: scripted(['127.0.0.1']), limits: { connectMs: 100 } })
    const problem = await problemOf(get(egress, `https://api.example:${server.port}/`))
    expect(problem.type).toBe('upstream-timeout')
    expect(server.requests).toHaveLength(0)
  })
})
