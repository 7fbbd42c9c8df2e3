// One violation of each habit and of each rule of the house, and what `check` has to say about it.

export interface Plant {
  /** What is wrong, as the test's name has it. */
  readonly what: string
  /** Files to write, by path in the workspace. */
  readonly files?: Readonly<Record<string, string>>
  /** Files to change. */
  readonly edits?: Readonly<Record<string, (text: string) => string>>
  /** A line of the output must match. */
  readonly caught: RegExp
}

const vault = 'apps/vault/src'
const dashboard = 'apps/dashboard/src'
const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
/** A pattern for one line that holds these two, in this order. */
const line = (first: string, second: string) => new RegExp(`${literal(first)}.*${literal(second)}`)

/** Files that break no rule by themselves, one in each room, for the breaches to import. */
const targetRooms = 'store egress credentials audit telemetry http identity compose'.split(' ')
export const targets: Readonly<Record<string, string>> = Object.fromEntries(
  targetRooms.map((room) => [`${vault}/${room}/planted-target.ts`, 'export const target = 1\n']),
)

const importing = (specifier: string) => `import '${specifier}'\n`

/** A file that imports what it must not, and is named by the rule. */
function breach(rule: string, file: string, specifier: string): Plant {
  return {
    what: `${rule}: ${file} imports ${specifier}`,
    files: { [file]: importing(specifier) },
    caught: line(`${rule}: ${file}`, ''),
  }
}

let count = 0
const inRoom = (room: string) => `${vault}/${room}/planted-${++count}.ts`

const rooms: readonly Plant[] = [
  {
    what: 'no-cycles: two files that import each other',
    files: {
      [`${vault}/planted/hen.ts`]: importing('./egg.ts'),
      [`${vault}/planted/egg.ts`]: importing('./hen.ts'),
    },
    caught: line('no-cycles: apps/vault/src/planted/', 'planted/hen.ts'),
  },
  {
    what: 'no-folder-cycles: two folders that import each other, by files that do not',
    files: {
      [`${vault}/planted-east/gate.ts`]: importing('../planted-west/wall.ts'),
      [`${vault}/planted-east/wall.ts`]: 'export const wall = 1\n',
      [`${vault}/planted-west/gate.ts`]: importing('../planted-east/wall.ts'),
      [`${vault}/planted-west/wall.ts`]: 'export const wall = 1\n',
    },
    caught: line('no-folder-cycles: ', 'apps/vault/src/planted-west'),
  },
  {
    what: 'policy-reaches-no-io: policy reaches a socket through another file',
    files: {
      [`${vault}/policy/planted-far.ts`]: importing('../planted/relay.ts'),
      [`${vault}/planted/relay.ts`]: importing('node:net'),
    },
    caught: line(`policy-reaches-no-io: ${vault}/policy/planted-far.ts`, 'net'),
  },
  breach('everything-resolves', inRoom('identity'), './nowhere.ts'),
  breach('tests-are-leaves', inRoom('identity'), '../../../../test/verifies.ts'),
  breach('http-is-outermost', inRoom('identity'), '../http/planted-target.ts'),
  breach('compose-is-the-root', inRoom('http'), '../compose/planted-target.ts'),
  breach('config-is-handed-in', inRoom('identity'), '../config.ts'),
  breach('policy-imports-contracts-only', inRoom('policy'), '../identity/planted-target.ts'),
  breach('policy-imports-contracts-only', inRoom('policy'), 'zod'),
  ...['identity', 'connections', 'execute', 'http', 'policies', 'capabilities', 'egress'].map(
    (room) => breach('store-is-handed-in', inRoom(room), '../store/planted-target.ts'),
  ),
  breach('egress-is-handed-in', inRoom('execute'), '../egress/planted-target.ts'),
  breach('credentials-is-handed-in', inRoom('connections'), '../credentials/planted-target.ts'),
  breach('audit-is-handed-in', inRoom('identity'), '../audit/planted-target.ts'),
  breach('telemetry-is-handed-in', inRoom('execute'), '../telemetry/planted-target.ts'),
  ...['prom-client', '@opentelemetry/api'].map((name) =>
    breach('telemetry-libraries-only-in-telemetry', inRoom('http'), name),
  ),
  ...['postgres', 'drizzle-orm', 'drizzle-orm/pg-core'].map((name) =>
    breach('sql-only-in-store', inRoom('identity'), name),
  ),
  ...['pg', 'mysql2', '@photostructure/sqlite'].map((name) =>
    breach('drivers-only-in-the-engine', inRoom('sources'), name),
  ),
  ...['node:net', 'node:dns/promises', 'node:tls', 'node:https', 'undici'].map((name) =>
    breach('sockets-only-in-egress', inRoom('connections'), name),
  ),
  breach('sockets-only-in-egress', inRoom('store'), 'node:net'),
  breach('sockets-only-in-egress', 'packages/sdk/src/planted-net.ts', 'node:net'),
  ...['egress', 'upstreams/clients'].map((room) =>
    breach('processes-only-where-they-end-with-the-vault', inRoom(room), 'node:child_process'),
  ),
  ...['hono', 'hono/cookie', '@hono/node-server'].map((name) =>
    breach('hono-only-in-http', inRoom('identity'), name),
  ),
  breach('bullmq-only-in-jobs', inRoom('audit'), 'bullmq'),
  breach('openid-client-only-where-people-connect', inRoom('http'), 'openid-client'),
  breach('mcp-sdk-only-in-mcp', inRoom('http'), '@modelcontextprotocol/server'),
  breach('mcp-sdk-only-in-mcp', inRoom('upstreams/programs'), '@modelcontextprotocol/client'),
  breach('mcp-server-only-in-mcp', inRoom('identity'), '@sallyport/sdk'),
  breach('mcp-server-by-its-entry', 'packages/cli/src/planted-d.ts', '../../mcp/src/toolbox.ts'),
  breach('environment-only-at-entry-points', inRoom('egress'), 'node:process'),
  breach(
    'the-vault-by-its-entry-points',
    'packages/cli/src/planted-a.ts',
    '../../../apps/vault/src/identity/planted-target.ts',
  ),
  breach(
    'crossing-by-package-name',
    'packages/cli/src/planted-b.ts',
    '../../contracts/src/index.ts',
  ),
  breach('contracts-imports-only-its-own', 'packages/contracts/src/planted.ts', 'node:fs'),
  breach('catalog-imports-only-its-own', 'packages/catalog/src/planted.ts', 'jose'),
  breach('sdk-imports-only-its-own', 'packages/sdk/src/planted.ts', '@sallyport/catalog'),
  breach('mcp-imports-only-its-own', 'packages/mcp/src/planted.ts', 'undici'),
  breach('dashboard-imports-only-its-own', `${dashboard}/planted.ts`, 'node:fs'),
  breach('dashboard-imports-only-its-own', `${dashboard}/planted-tsx.tsx`, '@sallyport/vault/main'),
  breach(
    'pages-are-apart',
    `${dashboard}/pages/agents/planted.tsx`,
    '../not-found/not-found-page.tsx',
  ),
  breach(
    'pages-are-found-by-the-router',
    `${dashboard}/components/planted.tsx`,
    '../pages/not-found/not-found-page.tsx',
  ),
  breach('cli-imports-only-its-own', 'packages/cli/src/planted-c.ts', 'hono'),
]

/** A file that Biome names with this rule. */
function lint(rule: string, text: string, file?: string): Plant {
  const path = file ?? `${vault}/planted/lint-${++count}.ts`
  return { what: `Biome: ${rule}`, files: { [path]: text }, caught: line(path, rule) }
}

const asyncThing = 'const later = async (): Promise<number> => 1\n'

const style: readonly Plant[] = [
  lint('noExplicitAny', 'export const broken = (x: any) => x\n'),
  lint('noDefaultExport', 'export default 1\n'),
  lint('noNonNullAssertion', 'export const broken = (x: string[]) => x[0]!\n'),
  lint('useImportType', "import { Stats } from 'node:fs'\n\nexport type Broken = Stats\n"),
  lint('useNodejsImportProtocol', "import { join } from 'path'\n\nexport const broken = join\n"),
  lint(
    'noExcessiveLinesPerFunction',
    `export function broken() {\n${'  Math.random()\n'.repeat(71)}}\n`,
  ),
  lint('useMaxParams', 'export const broken = (a: 1, b: 1, c: 1, d: 1) => a + b + c + d\n'),
  lint('noFloatingPromises', `${asyncThing}\nexport function broken() {\n  later()\n}\n`),
  lint('noMisusedPromises', `${asyncThing}\nexport const broken = () => (later() ? 1 : 2)\n`),
  lint('noProcessEnv', "export const broken = process.env['HOME']\n"),
  lint('noRestrictedGlobals', "export const broken = () => fetch('https://example.com')\n"),
  lint(
    'noRestrictedImports',
    "import { createCipheriv } from 'node:crypto'\n\nexport const broken = createCipheriv\n",
    `${vault}/identity/planted-cipher.ts`,
  ),
  lint('useFilenamingConvention', 'export const broken = 1\n', `${vault}/planted/camelCase.ts`),
  lint('noUnusedImports', "import { join } from 'node:path'\n\nexport const broken = 1\n"),
  lint('format', 'export const broken    = 1;\n'),
]

/** A file that a habit's own rule names. */
function habit(rule: string, file: string, text: string): Plant {
  return {
    what: `tidy: ${rule} in ${file}`,
    files: { [file]: text },
    caught: new RegExp(`${literal(file)}:\\d+ ${rule}: `),
  }
}

const habits: readonly Plant[] = [
  habit('file-length', `${vault}/planted/long.ts`, '// A line.\n'.repeat(301)),
  habit('route-file-length', `${vault}/http/routes/planted-long.ts`, '// A line.\n'.repeat(81)),
  habit(
    'route-file-is-a-list',
    `${vault}/http/routes/planted-if.ts`,
    'export const broken = (x: boolean) => {\n  if (x) return 1\n  return 2\n}\n',
  ),
  habit(
    'suppression-without-reason',
    `${vault}/planted/silent.ts`,
    '// @ts-expect-error\nexport const broken: string = 1\n',
  ),
  habit(
    'suppression-without-reason',
    `${vault}/planted/quiet.ts`,
    '// biome-ignore lint/suspicious/noExplicitAny: x\nexport const broken = (x: any) => x\n',
  ),
  habit(
    'ts-ignore',
    `${vault}/planted/deaf.ts`,
    '// @ts-ignore\nexport const broken: string = 1\n',
  ),
  habit(
    'note-left-behind',
    `${vault}/planted/later.ts`,
    '// TODO: all of it\nexport const x = 1\n',
  ),
  habit('module-state', `${vault}/planted/state.ts`, 'export let broken = 1\nbroken += 1\n'),
  habit(
    'module-mock',
    `${vault}/planted/mock.test.ts`,
    "import { vi } from 'vitest'\n\nvi.mock('x')\n",
  ),
  habit('folder-for-anything', `${vault}/utils/planted.ts`, 'export const broken = 1\n'),
]

const types: readonly Plant[] = [
  {
    what: 'TypeScript: a value of another type',
    files: { [`${vault}/planted/type.ts`]: 'export const broken: string = 1\n' },
    caught: /planted\/type\.ts\(1,14\): error TS2322/,
  },
  {
    what: 'TypeScript: an element that may not be there',
    files: {
      [`${vault}/planted/index-access.ts`]: 'export const broken = (x: string[]): string => x[0]\n',
    },
    caught: /planted\/index-access\.ts.*error TS2322/,
  },
  {
    what: 'TypeScript: in a test',
    files: { [`${vault}/planted/typed.test.ts`]: 'export const broken: string = 1\n' },
    caught: /planted\/typed\.test\.ts\(1,14\): error TS2322/,
  },
]

const unused: readonly Plant[] = [
  {
    what: 'knip: a file that nobody imports',
    files: { [`${vault}/planted/lonely.ts`]: 'export const broken = 1\n' },
    caught: /^\s*apps\/vault\/src\/planted\/lonely\.ts\s*$/,
  },
  {
    what: 'knip: an export that nobody imports',
    edits: { 'scripts/fresh.mjs': (text) => `${text}\nexport const plantedExport = 1\n` },
    caught: /plantedExport .*scripts\/fresh\.mjs/,
  },
  {
    what: 'knip: a dependency that nobody imports',
    edits: {
      'packages/catalog/package.json': (text) =>
        text.replace('"zod": "catalog:"', '"ipaddr.js": "catalog:",\n    "zod": "catalog:"'),
    },
    caught: /ipaddr\.js .*packages\/catalog\/package\.json/,
  },
  {
    what: 'knip: a dependency that is not listed',
    edits: {
      // Not where documents are made from: what cannot be read makes none.
      'apps/dashboard/src/main.tsx': (text) => `${text}export * from 'planted-package'\n`,
    },
    caught: /planted-package .*apps\/dashboard\/src\/main\.tsx/,
  },
]

const stale = (file: string): Plant => ({
  what: `generated: ${file} is not what the code makes`,
  edits: { [file]: (text) => `${text} ` },
  caught: new RegExp(`stale-generated-file: ${literal(file)}`),
})

const generated: readonly Plant[] = [
  stale('packages/contracts/openapi.json'),
  stale('.env.example'),
  stale('docs/configuration.md'),
  stale('docs/catalog.md'),
  stale('docs/architecture.svg'),
  {
    what: 'generated: a table changed without a migration',
    edits: {
      [`${vault}/store/tables.ts`]: (text) =>
        text.replace(
          "pgTable('installation', {",
          "pgTable('installation', {\n  planted: text('planted'),",
        ),
    },
    caught: /migration-missing/,
  },
]

/** By the part of `check` that catches them. */
export const plantsOf: Readonly<Record<string, readonly Plant[]>> = {
  rooms,
  style,
  tidy: habits,
  types,
  unused,
  generated,
}
