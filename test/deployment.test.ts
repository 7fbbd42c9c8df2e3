import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findServerUser } from '../apps/vault/src/store/embedded/server-user.ts'
import { migrate } from '../apps/vault/src/store/migrate.ts'
import { migrationsFolder, startTestDatabase } from './fixtures/database.ts'
import { type EventReader, readEvents } from './fixtures/event-reader.ts'
import { freePort, type Replicas, startReplicas } from './fixtures/replicas.ts'
import { runProgram } from './fixtures/run-program.ts'
import { eventually } from './fixtures/scene.ts'
import { ownerEmail, ownerPassword } from './fixtures/vault.ts'

// What docker-compose.yml is made of, without Docker: its own configuration of the proxy and of Redis, its own script of the
// database, and what its image holds, each run as the containers run them.

const run = promisify(execFile)
const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const startMsMax = 90_000
const tellMsMax = 5_000

/** Where a program is, or the sentence with which a test skips. */
function programOf(name: string, debianPackage: string, folders: readonly string[]) {
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
  return found === undefined
    ? { missing: `${name} (apt: ${debianPackage}) is not installed` }
    : { path: found }
}
const bin = ['/usr/bin', '/usr/sbin', '/usr/local/bin']
const caddy = programOf('caddy', 'caddy', bin)
const redis = programOf('redis-server', 'redis-server', bin)
const redisCli = programOf('redis-cli', 'redis-tools', bin)
const psql = programOf('psql', 'postgresql-client', [
  ...['18', '17', '16', '15'].map((version) => `/usr/lib/postgresql/${version}/bin`),
])

const children: ChildProcess[] = []
const shared: {
  redis?: Promise<RunningRedis | { readonly missing: string }>
  output?: () => string
} = {}
const redisOnce = () => {
  shared.redis ??= startRedis()
  return shared.redis
}
/** What the replicas said so far. */
const output = () => shared.output?.() ?? ''
const folders: string[] = []
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'deployment-'))
  chmodSync(made, 0o755)
  folders.push(made)
  return made
}

/** Starts a program that is ended with the tests. */
function start(path: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(path, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk)
    })
  }
  children.push(child)
  return { child, output: () => output }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

afterAll(async () => {
  await Promise.all(children.map(end))
  for (const made of folders) {
    await run('chmod', ['-R', 'u+w', made])
    rmSync(made, { recursive: true, force: true })
  }
})

describe('the proxy in front of the replicas', () => {
  let replicas: Replicas
  let proxyUrl: string
  let missing: string | undefined
  const readers: EventReader[] = []

  beforeAll(async () => {
    if (!('path' in caddy)) {
      missing = caddy.missing
      return
    }
    const ports = await Promise.all([1, 2, 3].map(freePort))
    const [port = 0, securePort = 0, healthPort = 0] = ports
    proxyUrl = `http://127.0.0.1:${port}`
    const server = await redisOnce()
    replicas = await startReplicas({
      env: {
        SALLYPORT_TRUSTED_PROXIES: '127.0.0.1',
        ...('url' in server && { REDIS_URL: server.url }),
      },
    })
    shared.output = () => `${replicas.first.output()}${replicas.second.output()}`
    const home = folder()
    const hosts = [replicas.first.url, replicas.second.url].map((url) => new URL(url).host)
    const proxy = start(
      caddy.path,
      ['run', '--config', at('docker/Caddyfile'), '--adapter', 'caddyfile'],
      {
        ...{ HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home },
        SALLYPORT_SITE: 'http://127.0.0.1',
        SALLYPORT_PROXY_HTTP_PORT: String(port),
        SALLYPORT_PROXY_HTTPS_PORT: String(securePort),
        SALLYPORT_PROXY_HEALTH_PORT: String(healthPort),
        SALLYPORT_PROXY_VAULTS: hosts.join(' '),
      },
    )
    const answers = async (url: string) =>
      (await fetch(url).catch(() => undefined))?.ok === true || proxy.child.exitCode !== null
    await eventually(() => answers(`http://127.0.0.1:${healthPort}/`), startMsMax)
    await eventually(() => answers(`${proxyUrl}/readyz`), startMsMax)
    expect(proxy.child.exitCode, proxy.output()).toBeNull()
  })
  afterAll(async () => {
    for (const reader of readers) reader.close()
    await replicas?.stop()
  })

  it('tells the vault whose request it is, whatever the caller claims', async ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    const cookie = await signInFrom('127.0.0.2', { 'x-forwarded-for': '203.0.113.9' })
    const answer = await fetch(`${proxyUrl}/api/v1/sessions`, { headers: { cookie } })
    const { sessions } = (await answer.json()) as { sessions: { address?: string }[] }
    expect(sessions.map(({ address }) => address)).toContain('127.0.0.2')
    expect(JSON.stringify(sessions)).not.toContain('203.0.113.9')
  })

  it('passes events as they come, from whichever replica they began at', async ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    // Each in turn: one of the two is at the other replica.
    for (const _ of [1, 2]) {
      readers.push(
        await readEvents(proxyUrl, { authorization: `Bearer ${replicas.first.ownerToken}` }),
      )
    }
    const { agentId } = await replicas.first.createAgentWithKey('seen through the proxy')
    for (const reader of readers) {
      expect(reader.status).toBe(200)
      expect(
        await eventually(() => JSON.stringify(reader.told()).includes(agentId), tellMsMax),
      ).toBe(true)
    }
  })

  it('passes MCP to whichever replica, which needs no session', async ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    const { agentId } = await replicas.first.createAgentWithKey('with a token')
    const { consumerToken } = await replicas.first.owner.call('createConsumerToken', {
      agentId,
    })
    for (const id of [1, 2, 3, 4]) {
      const answer = await fetch(`${proxyUrl}/mcp`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${consumerToken}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2025-11-25',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/list' }),
      })
      expect(answer.status).toBe(200)
      expect(await answer.text()).toContain('"tools"')
    }
  })

  it('leaves out a replica that is gone, and fails no request for it', async ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    const ask = () =>
      fetch(`${proxyUrl}/api/v1/agents`, {
        headers: { authorization: `Bearer ${replicas.first.ownerToken}` },
      }).then(({ status }) => status)
    expect(await ask()).toBe(200)
    await replicas.second.kill()
    const statuses: number[] = []
    for (let count = 0; count < 40; count++) statuses.push(await ask())
    expect(new Set(statuses)).toEqual(new Set([200]))
  })

  /** Signs the owner in from another address of this machine, through the proxy. */
  function signInFrom(localAddress: string, headers: Record<string, string>): Promise<string> {
    const body = JSON.stringify({ email: ownerEmail, password: ownerPassword })
    return new Promise((resolve, reject) => {
      const sent = request(
        `${proxyUrl}/api/v1/session`,
        {
          ...{ method: 'POST', localAddress },
          headers: { ...headers, 'content-type': 'application/json', origin: replicas.first.url },
        },
        (answer) => {
          answer.resume()
          resolve(answer.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '')
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })
  }
})

describe('Redis beside the vault', () => {
  it('takes nobody without the password, and lets the health check ping and nothing else', async ({
    skip,
  }) => {
    const server = await redisOnce()
    if ('missing' in server) return skip(server.missing)
    const { ask, password } = server
    expect(await ask('', '', 'ping')).toContain('NOAUTH')
    expect(await ask('health', 'none', 'keys', '*')).toContain('NOPERM')
    expect(await ask('sallyport', 'wrong', 'ping')).toMatch(/WRONGPASS|NOAUTH/)
    expect(await ask('sallyport', password, 'set', 'a', '1')).toBe('OK')
    expect(await ask('sallyport', password, 'eval', 'return 1', '0')).toBe('1')
    expect(await ask('sallyport', password, 'config', 'get', '*')).toContain('NOPERM')
    expect(await ask('sallyport', password, 'flushall')).toContain('NOPERM')
  })

  it('lets the vault do with its queue of jobs whatever it has to', async ({ skip }) => {
    const server = await redisOnce()
    if ('missing' in server) return skip(server.missing)
    if (!('path' in caddy)) return skip(caddy.missing)
    const { ask, password } = server
    const finished = async () =>
      (await ask('sallyport', password, 'scan', '0', 'count', '1000')).split('\n')
    await eventually(
      async () => (await finished()).some((key) => /:(completed|repeat)/.test(key)),
      startMsMax,
    )
    expect(await finished()).toContainEqual(expect.stringMatching(/:(completed|repeat)/))
    expect(output()).not.toMatch(/NOPERM|redis.*(refused|denied)/i)
  })
})

interface RunningRedis {
  readonly url: string
  readonly password: string
  ask(user: string, password: string, ...command: string[]): Promise<string>
}

/** Starts it as the container does, with secrets of its own; or says why there is none. */
async function startRedis(): Promise<RunningRedis | { readonly missing: string }> {
  if (!('path' in redis)) return redis
  if (!('path' in redisCli)) return redisCli
  const cli = redisCli.path
  const home = folder()
  cpSync(at('docker/make-secrets.sh'), join(home, 'docker/make-secrets.sh'))
  await run('sh', [join(home, 'docker/make-secrets.sh')])
  const port = await freePort()
  const config = readFileSync(at('docker/redis.conf'), 'utf8')
    .replaceAll('/run/secrets', join(home, 'secrets'))
    .replace('port 6379', `port ${port}`)
    .replace('bind 0.0.0.0', 'bind 127.0.0.1')
    .replace('dir /data', `dir ${home}`)
  writeFileSync(join(home, 'redis.conf'), config)
  const server = start(redis.path, [join(home, 'redis.conf')])
  const ask = async (user: string, password: string, ...command: string[]) => {
    const who = user === '' ? [] : ['--user', user, '--pass', password, '--no-auth-warning']
    const { stdout, stderr } = await runProgram(cli, ['-p', String(port), ...who, ...command])
    return `${stdout}${stderr}`.trim()
  }
  await eventually(async () => (await ask('health', 'none', 'ping')).startsWith('PONG'), startMsMax)
  expect(server.child.exitCode, server.output()).toBeNull()
  const url = new URL(readFileSync(join(home, 'secrets/redis-url'), 'utf8'))
  url.host = `127.0.0.1:${port}`
  return { url: url.href, password: url.password, ask }
}

describe('the role of the running vault', () => {
  it('is made by the script of the first start, and cannot change the audit log', async ({
    skip,
  }) => {
    if (!('path' in psql)) return skip(psql.missing)
    const home = folder()
    const { database, urls, stop } = await startTestDatabase()
    await database.close()
    const name = `compose_${process.pid}`
    const role = `${name}_app`
    const owner = new URL(urls.owner)
    const host = owner.searchParams.get('host') ?? owner.hostname
    writeFileSync(join(home, 'database-app-password'), "it's 24 letters; -- long")
    const script = readFileSync(at('docker/create-app-role.sh'), 'utf8')
    writeFileSync(
      join(home, 'role.sh'),
      script.replaceAll('/run/secrets', home).replaceAll('sallyport_app', role),
    )
    const { username } = owner
    const password = decodeURIComponent(owner.password)
    const admin = postgres({ host, username, password, database: 'postgres', max: 1 })
    try {
      await admin.unsafe(`CREATE DATABASE ${name}`)
      await run('sh', [join(home, 'role.sh')], {
        env: {
          PATH: `${psql.path.replace(/\/psql$/, '')}:/usr/bin:/bin`,
          PGHOST: host,
          PGPASSWORD: password,
          POSTGRES_USER: username,
          POSTGRES_DB: name,
        },
      })
      const url = new URL(urls.owner)
      url.pathname = `/${name}`
      await migrate({ url: url.href, migrationsFolder, appRole: role })
      const sql = postgres({ host, username, password, database: name, max: 1 })
      try {
        await sql.unsafe(`SET ROLE ${role}`)
        await expect(sql`DELETE FROM audit_records`).rejects.toThrow(/permission denied/)
        await expect(sql`CREATE TABLE mine (id int)`).rejects.toThrow(/permission denied/)
        expect(await sql`SELECT count(*)::int AS count FROM audit_records`).toEqual([{ count: 0 }])
      } finally {
        await sql.end({ timeout: 1 })
      }
    } finally {
      await admin.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      await admin.unsafe(`DROP ROLE IF EXISTS ${role}`)
      await admin.end({ timeout: 1 })
      await stop()
    }
  })
})

describe('the image', () => {
  it('holds what the vault needs and nothing that it could change, for a user who owns nothing of it', async () => {
    const home = folder()
    const out = join(home, 'image')
    const deploy = /^RUN (npx .* deploy --prod) \/out && (rm) \/out/m.exec(
      readFileSync(at('Dockerfile'), 'utf8'),
    )?.[1]
    await run('sh', ['-c', `${deploy} ${out}`], {
      cwd: at('.'),
      env: { ...process.env, CI: 'true' },
    })
    await run('chmod', ['-R', 'a-w,a+rX', out])
    expect(existsSync(join(out, 'node_modules/vitest'))).toBe(false)
    expect(existsSync(join(out, 'src'))).toBe(false)
    const { urls, database, stop } = await startTestDatabase()
    await database.close()
    const dataDir = join(home, 'data')
    mkdirSync(dataDir)
    const user = findServerUser(undefined)
    if (user !== undefined) await run('chown', [`${user.uid}:${user.gid}`, dataDir])
    const child = spawn(process.execPath, [join(out, 'bin/sallyport.js'), 'up'], {
      ...user,
      cwd: dataDir,
      env: {
        ...{ NODE_ENV: 'production', DATABASE_URL: urls.app, DATABASE_MIGRATION_URL: urls.owner },
        ...{ SALLYPORT_DATA_DIR: dataDir, SALLYPORT_PORT: '0' },
        SALLYPORT_ROOT_KEY: Buffer.alloc(32, process.pid).toString('base64'),
      },
    })
    children.push(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += String(chunk)
      })
    }
    await eventually(
      () => /^Sallyport is ready at/m.test(output) || child.exitCode !== null,
      startMsMax,
    )
    const url = /^Sallyport is ready at (\S+)$/m.exec(output)?.[1]
    expect(url, output).toBeDefined()
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    expect(await (await fetch(`${url}/`)).text()).toContain('<div id="root">')
    if (user !== undefined) expect(() => accessSync(out, constants.R_OK)).not.toThrow()
    await end(child)
    await stop()
  })
})
