import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endProcess } from './child.ts'

/** A reverse proxy in front of the upstream that adds a header, and does nothing else. */
export interface Nginx {
  readonly port: number
  readonly pid: number
  close(): Promise<void>
}

const readyPolls = 200
const readyPollMs = 25

const findNginx = (): string | undefined =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
    .map((folder) => join(folder, 'nginx'))
    .find((path) => existsSync(path))

/** One worker, since the vault has one as well; both reuse their connections on either side. */
const configOf = (folder: string, port: number, upstreamPort: number) => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream bench { server 127.0.0.1:${upstreamPort}; keepalive 128; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 100000000;
    location / {
      proxy_pass http://bench;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Authorization "Bearer upstream-secret-0123456789";
    }
  }
}
`

/** Starts nginx; undefined where it is not installed. */
export async function startNginx(upstreamPort: number): Promise<Nginx | undefined> {
  const command = findNginx()
  if (command === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'bench-nginx-'))
  const port = await freePort()
  const config = join(folder, 'nginx.conf')
  writeFileSync(config, configOf(folder, port, upstreamPort))
  const child = spawn(command, ['-p', folder, '-c', config], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await untilListening(child, port)
  return {
    port,
    pid: child.pid ?? 0,
    async close() {
      await endProcess(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = address !== null && typeof address === 'object' ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  for (let poll = 0; poll < readyPolls && child.exitCode === null; poll += 1) {
    if (await takesConnections(port)) return
    await sleep(readyPollMs)
  }
  await endProcess(child)
  throw new Error('nginx did not start.')
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
