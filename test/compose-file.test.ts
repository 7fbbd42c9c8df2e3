import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { configVariables } from '../apps/vault/src/config-variables.ts'

interface Service {
  readonly image?: string
  readonly user?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly secrets?: readonly string[]
  readonly ports?: readonly string[]
  readonly networks: readonly string[]
}

interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>
  readonly secrets: Readonly<Record<string, { file: string }>>
  readonly networks: Readonly<Record<string, { internal?: boolean } | null>>
}

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const compose = parse(read('docker-compose.yml'), { uniqueKeys: true }) as ComposeFile
const services = Object.entries(compose.services)

it('gives secrets to containers as files and never as values', () => {
  const secret = /PASSWORD|SECRET|KEY|TOKEN|DATABASE.*URL/
  for (const [, { environment = {} }] of services) {
    for (const [name, value] of Object.entries(environment)) {
      if (!secret.test(name)) continue
      expect(name).toMatch(/_FILE$/)
      expect(value).toMatch(/^\/run\/secrets\//)
    }
  }
})

it('mounts each secret that a service names, and makes each one that it mounts', () => {
  const script = read('docker/make-secrets.sh')
  for (const [, { environment = {}, secrets = [] }] of services) {
    const named = Object.values(environment).filter((value) => value.startsWith('/run/secrets/'))
    for (const path of named) expect(secrets).toContain(path.slice('/run/secrets/'.length))
    for (const name of secrets) {
      expect(compose.secrets[name]).toEqual({ file: `./secrets/${name}` })
      expect(script).toMatch(new RegExp(`>${name}$`, 'm'))
    }
  }
})

it('sets only variables that the vault reads', () => {
  const known = Object.keys(configVariables).flatMap((name) => [name, `${name}_FILE`])
  for (const name of Object.keys(compose.services.vault?.environment ?? {})) {
    expect(known).toContain(name)
  }
})

it('publishes ports on loopback alone, and the database on none', () => {
  for (const [name, { ports = [] }] of services) {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
    if (name === 'postgres') expect(ports).toEqual([])
  }
})

it('keeps the database on a network without a way out', () => {
  expect(compose.services.postgres?.networks).toEqual(['inside'])
  expect(compose.networks.inside).toEqual({ internal: true })
})

it('runs the vault without root, from images of a stated version', () => {
  const dockerfile = read('Dockerfile')
  const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
  expect(lastStage).toMatch(/^USER (?!root)\w+$/m)
  const images = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map((match) => match[1] ?? '')
  for (const image of [...images, ...services.flatMap(([, { image }]) => image ?? [])]) {
    expect(image).toMatch(/:\d+\.\d+/)
  }
})
