// The plan of the house as rules: which room may touch what. docs/architecture.md says why; test/check.test.ts plants one
// violation of each and sees it caught under the name that stands here.

import { builtinModules } from 'node:module'

const vault = '^apps/vault/src/'
const dashboard = '^apps/dashboard/src/'
const tests = '\\.test(-d)?\\.ts$'
/** Those who build the house and hand its parts round. */
const builders = `${vault}(main|worker|backups|keys|compose|examine-vault|offline-decide|offline-verify)(\\.ts$|/)`
const npm = (...names) => `(^|/)node_modules/(${names.join('|')})/|^(${names.join('|')})$`
const node = (...names) => `^(node:)?(${names.join('|')})(/|$)`

/** What opens a connection to somewhere. */
const sockets = [
  node('net', 'dns', 'tls', 'http', 'https', 'http2', 'dgram'),
  npm('undici', 'ws', 'axios', 'got', 'node-fetch', 'ioredis', 'nodemailer'),
]
const processes = node('child_process', 'cluster')
const sql = npm('drizzle-orm', 'postgres', 'better-sqlite3')
/** What speaks to the databases of owners. */
const drivers = npm('pg', 'mysql2', '@photostructure/sqlite')

/** A package may be imported by these alone. */
const monopoly = ({ name, comment, of, holders }) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^(apps|packages)/', pathNot: [...holders, tests] },
  to: { path: of },
})

/** A room that is built once in compose and handed in: nobody else imports it, not even a type of it. */
const handedIn = (room, reason, alsoImportedBy = []) => ({
  name: `${room}-is-handed-in`,
  comment: `${reason} Declare the functions you need as a small interface; compose hands in what fits.`,
  severity: 'error',
  from: {
    path: '^(apps|packages)/',
    pathNot: [`${vault}${room}/`, builders, tests, ...alsoImportedBy],
  },
  to: { path: `${vault}${room}/` },
})

/** All that the sources in a folder may import: themselves, and these. */
const onlyTheseFrom = (folder, name, allowed) => ({
  name: `${name}-imports-only-its-own`,
  comment: `The table of rooms in docs/architecture.md says what ${folder} may import.`,
  severity: 'error',
  from: { path: `^${folder}/src/`, pathNot: [tests] },
  to: { pathNot: [`^${folder}/src/`, ...allowed] },
})
const mayImport = (name, ...allowed) => onlyTheseFrom(`packages/${name}`, name, allowed)

const contracts = '^packages/contracts/src/'
const catalog = '^packages/catalog/src/'
const sdk = '^packages/sdk/src/'
const nodeCore = node(...builtinModules)

/** Looked at without tests: a test of one room may well need another. */
export const folderRules = [
  {
    name: 'no-folder-cycles',
    comment: 'Rooms that import each other are one room.',
    severity: 'error',
    scope: 'folder',
    from: {},
    to: { circular: true },
  },
]

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Files that import each other cannot be understood or tested apart.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'everything-resolves',
      comment: 'An import that leads nowhere: a missing dependency or a wrong name.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'tests-are-leaves',
      comment:
        'What is shipped imports no test and nothing that belongs to tests. What builds it is not shipped.',
      severity: 'error',
      from: { path: '^(apps|packages)/', pathNot: [tests, '^(apps|packages)/[^/]+/build\\.mjs$'] },
      to: { path: ['^(test|bench|scripts)/', tests] },
    },
    {
      name: 'http-is-outermost',
      comment: 'Only those who build and listen import http; no room knows how it is reached.',
      severity: 'error',
      from: { path: '^(apps|packages)/', pathNot: [`${vault}http/`, builders, tests] },
      to: { path: `${vault}http/` },
    },
    {
      name: 'compose-is-the-root',
      comment: 'Only an entry point builds the house.',
      severity: 'error',
      from: { path: '^(apps|packages)/', pathNot: [builders, tests] },
      to: { path: `${vault}compose(\\.ts$|/)` },
    },
    {
      name: 'config-is-handed-in',
      comment: 'Rooms take the values that they need, not the configuration.',
      severity: 'error',
      from: {
        path: '^(apps|packages)/',
        pathNot: [builders, `${vault}config`, '^packages/cli/', tests],
      },
      to: { path: `${vault}config` },
    },
    {
      name: 'policy-imports-contracts-only',
      comment: 'A decision is a pure function of a policy, a request and facts.',
      severity: 'error',
      from: { path: `${vault}policy/`, pathNot: [tests] },
      to: { pathNot: [`${vault}policy/`, contracts, npm('re2js')] },
    },
    {
      name: 'policy-reaches-no-io',
      comment: 'Not even through others: the simulator and the dry run call the same code.',
      severity: 'error',
      from: { path: `${vault}policy/`, pathNot: [tests] },
      to: {
        path: [...sockets, processes, sql, drivers, node('fs', 'worker_threads', 'process')],
        reachable: true,
      },
    },
    handedIn('store', 'Only store knows that there is SQL.'),
    handedIn('egress', 'There is one way out.'),
    handedIn('credentials', 'There is one room that holds a key.'),
    handedIn('audit', 'Nobody writes history but through the few functions handed in.'),
    handedIn('telemetry', 'No room knows that it is counted.'),
    monopoly({
      name: 'sql-only-in-store',
      comment: 'Every query stands in apps/vault/src/store.',
      of: sql,
      holders: [`${vault}store/`],
    }),
    monopoly({
      name: 'drivers-only-in-the-engine',
      comment:
        'Databases of owners are spoken to where statements are bounded, over sockets of egress.',
      of: drivers,
      // BullMQ speaks to the vault's own database by one of them.
      holders: [`${vault}sources/engine/`, `${vault}jobs/bull-on-postgres\\.ts$`],
    }),
    monopoly({
      name: 'sockets-only-in-egress',
      comment: 'An address that egress has not checked is an address that nobody checked.',
      of: sockets,
      holders: [
        `${vault}egress/`,
        // Database and Redis are named by the operator, not by a request; the embedded one is on a Unix socket.
        `${vault}store/((connect|redis)\\.ts$|embedded/)`,
        // The Redis that the operator named: the doctor asks it, and BullMQ is handed clients that stay ended.
        `${vault}jobs/(bull-on|examine)-redis\\.ts$`,
        // The one address that whoever runs it wrote into its settings: the vault's.
        '^packages/mcp/src/(http-fetch|is-listening)\\.ts$',
        // Listening, not dialling.
        `${vault}(main|worker)\\.ts$`,
        '^packages/cli/',
      ],
    }),
    monopoly({
      name: 'processes-only-where-they-end-with-the-vault',
      comment:
        'The vault starts the embedded PostgreSQL, the programs of MCP servers and a process for each statement on SQLite; the command may open an editor or a client.',
      of: processes,
      holders: [
        `${vault}store/embedded/`,
        `${vault}upstreams/programs/`,
        `${vault}sources/engine/sqlite/`,
        '^packages/cli/',
      ],
    }),
    monopoly({
      name: 'hono-only-in-http',
      comment: 'How a request arrives is the business of one room.',
      of: npm('hono', '@hono/[^/]+'),
      holders: [`${vault}http/`, `${vault}main\\.ts$`],
    }),
    monopoly({
      name: 'telemetry-libraries-only-in-telemetry',
      comment: 'What shows the vault to its operator is loaded where they asked for it.',
      of: npm('prom-client', '@opentelemetry/[^/]+'),
      holders: [`${vault}telemetry/`],
    }),
    monopoly({
      name: 'bullmq-only-in-jobs',
      comment: 'Jobs stand in one table behind one port.',
      of: npm('bullmq'),
      holders: [`${vault}jobs/`],
    }),
    monopoly({
      name: 'openid-client-only-where-people-connect',
      comment: 'OAuth belongs to connections and to the sign-in of owners.',
      of: npm('openid-client'),
      holders: [`${vault}(connections|identity)/`],
    }),
    monopoly({
      name: 'mcp-sdk-only-in-mcp',
      comment:
        'What speaks MCP is the stdio package, the vault’s own mcp room, and the clients of upstream servers.',
      of: npm('@modelcontextprotocol/[^/]+'),
      holders: ['^packages/mcp/', `${vault}mcp/`, `${vault}upstreams/clients/`],
    }),
    {
      name: 'mcp-server-only-in-mcp',
      comment:
        'The vault runs the server of the stdio package, and calls itself by the SDK, in its mcp room alone.',
      severity: 'error',
      from: { path: '^apps/vault/', pathNot: [`${vault}mcp/`, tests] },
      to: { path: ['^packages/(mcp|sdk)/', npm('sallyport-mcp', '@sallyport/sdk')] },
    },
    {
      name: 'mcp-server-by-its-entry',
      comment: 'What the stdio package is made of is its own business.',
      severity: 'error',
      from: { path: '^(apps|packages)/', pathNot: ['^packages/mcp/', tests] },
      to: { path: '^packages/mcp/', pathNot: ['^packages/mcp/src/server\\.ts$'] },
    },
    monopoly({
      name: 'environment-only-at-entry-points',
      comment: 'The environment is read once, where a process begins, and handed in.',
      of: node('process'),
      holders: [`${vault}(main|worker)\\.ts$`, '^packages/(cli|mcp)/'],
    }),
    {
      name: 'the-vault-by-its-entry-points',
      comment: 'Packages use the vault through what its package.json exports.',
      severity: 'error',
      from: { path: '^packages/' },
      to: {
        path: vault,
        pathNot: [
          `${vault}(main|worker|backups|config|examine-vault|keys|offline-decide|offline-verify)\\.ts$`,
        ],
      },
    },
    {
      name: 'crossing-by-package-name',
      comment: 'A relative path from one package into another walks around its exports.',
      severity: 'error',
      from: { path: '^(?:apps|packages)/([^/]+)/', pathNot: [tests] },
      to: {
        path: '^(apps|packages)/',
        pathNot: ['^(?:apps|packages)/$1/'],
        dependencyTypes: ['local'],
      },
    },
    mayImport('contracts', npm('zod')),
    mayImport('catalog', contracts, npm('zod')),
    mayImport('sdk', contracts, npm('jose')),
    mayImport('mcp', contracts, sdk, nodeCore, npm('@modelcontextprotocol/server', 'zod')),
    onlyTheseFrom('apps/dashboard', 'dashboard', [
      contracts,
      catalog,
      sdk,
      npm(
        '@hookform/resolvers',
        '@simplewebauthn/browser',
        '@tanstack/react-(query|router|virtual)',
        '@types/react(-dom)?',
        'get-nonce',
        'lucide-react',
        'radix-ui',
        'react',
        'react-dom',
        'react-hook-form',
        'uplot',
        'uqr',
        'vite',
        'zod',
      ),
    ]),
    {
      name: 'pages-are-apart',
      comment:
        'What two pages need is a component; a page that imports another drags it into its chunk.',
      severity: 'error',
      from: { path: `${dashboard}pages/([^/]+)/`, pathNot: [tests] },
      to: { path: `${dashboard}pages/`, pathNot: [`${dashboard}pages/$1/`] },
    },
    {
      name: 'pages-are-found-by-the-router',
      comment:
        'Components and the frame know no page: the router with its routes alone loads pages.',
      severity: 'error',
      from: { path: dashboard, pathNot: [`${dashboard}(router\\.tsx$|routes/|pages/)`, tests] },
      to: { path: `${dashboard}pages/` },
    },
    mayImport(
      'cli',
      contracts,
      sdk,
      catalog,
      vault,
      nodeCore,
      // yaml: policies as files keep their comments, and faults in them their lines.
      npm('commander', 'open', '@inquirer/prompts', 'yaml'),
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^((apps|packages)/[^/]+|test|bench)/(dist|\\.types)/' },
    // A type is a dependency too: rooms that know each other's types are not apart.
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs'],
    },
  },
}
