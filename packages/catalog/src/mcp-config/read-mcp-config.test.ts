// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what the files themselves hold
import { describe, expect, it } from 'vitest'
import { fillServer } from './fill-server.ts'
import { isMcpConfig, type McpConfigReading, readMcpConfig } from './read-mcp-config.ts'

const read = (document: unknown): McpConfigReading => readMcpConfig(JSON.stringify(document))
const servers = (mcpServers: Record<string, unknown>) => read({ mcpServers })
/** The one server of a file, filled in. */
function only(
  { servers: [server, ...others] }: McpConfigReading,
  given: Record<string, string> = {},
) {
  expect(others).toEqual([])
  if (server?.draft === undefined) throw new Error(server?.reasons.join(' ') ?? 'no server')
  return { ...server, input: fillServer(server.draft, new Map(Object.entries(given))) }
}
const refusal = (server: unknown) => {
  const [one] = servers({ one: server }).servers
  expect(one?.draft).toBeUndefined()
  return `${one?.outcome}: ${one?.reasons.join(' ')}`
}

describe('the files of MCP clients', () => {
  it('reads Claude Code’s, with its variables as variables of the vault', () => {
    const reading = servers({
      'api-server': {
        type: 'http',
        url: '${API_BASE_URL:-https://api.example.com}/mcp',
        headers: { Authorization: 'Bearer ${API_KEY}' },
      },
      files: { command: 'npx', args: ['-y', '@scope/files', '/data'], env: { MODE: 'read$only' } },
    })
    expect(reading.form).toBe('mcpServers')
    expect(reading.variables).toEqual([
      {
        name: 'API_BASE_URL',
        kind: 'plain',
        proposal: 'https://api.example.com',
        usedBy: ['api-server: url'],
      },
      { name: 'API_KEY', kind: 'sealed', usedBy: ['api-server: headers.Authorization'] },
    ])
    const [api, files] = reading.servers
    expect([api?.outcome, files?.outcome]).toEqual(['changed', 'taken'])
    expect(api?.reasons.join()).toContain('is asked for, as API_BASE_URL, with that proposed')
    expect(
      api?.draft && fillServer(api.draft, new Map([['API_BASE_URL', 'https://a.test']])),
    ).toEqual({
      name: 'api-server',
      transport: 'streamable_http',
      url: 'https://a.test/mcp',
      headers: { Authorization: 'Bearer ${API_KEY}' },
      permission: 'workspace',
      enabled: true,
    })
    expect(files?.draft && fillServer(files.draft, new Map())).toMatchObject({
      command: 'npx',
      args: ['-y', '@scope/files', '/data'],
      env: { MODE: 'read$$only' },
    })
  })

  it('reads VS Code’s, with comments, inputs, and the words of the editor', () => {
    const reading = readMcpConfig(`{
      // questions
      "inputs": [
        { "id": "github-token", "type": "promptString", "description": "GitHub token", "password": true },
        { "id": "mode", "type": "pickString", "description": "Mode", "options": ["ro", {"label": "rw", "value": "rw"}], "default": "ro" },
      ],
      "servers": {
        "github": { "type": "http", "url": "https://github.test/mcp/", "headers": { "Authorization": "Bearer \${input:github-token}", "X-Mode": "\${input:mode}" } },
        "files": { "type": "stdio", "command": "node", "args": ["\${workspaceFolder}/server.js"], "env": { "HOME_TOO": "\${env:HOME}" }, "dev": { "watch": "x" } },
      },
    }`)
    expect(reading.form).toBe('vscode')
    expect(reading.variables).toEqual([
      {
        name: 'github_token',
        kind: 'sealed',
        description: 'GitHub token',
        usedBy: ['github: headers.Authorization'],
      },
      {
        ...{ name: 'mode', kind: 'sealed', description: 'Mode', options: ['ro', 'rw'] },
        ...{ proposal: 'ro', usedBy: ['github: headers.X-Mode'] },
      },
      { name: 'workspaceFolder', kind: 'plain', usedBy: ['files: args[0]'] },
      { name: 'HOME', kind: 'sealed', usedBy: ['files: env.HOME_TOO'] },
    ])
    expect(reading.servers.map(({ outcome }) => outcome)).toEqual(['changed', 'taken'])
    expect(reading.servers[0]?.reasons).toEqual([
      'headers.Authorization: ${input:github-token} is the variable github_token here.',
    ])
  })

  it('reads mcporter’s: baseUrl, a command in one line, bearer tokens, and other files named', () => {
    const reading = read({
      imports: ['cursor'],
      mcpServers: {
        docs: { baseUrl: 'https://docs.test/mcp', bearerTokenEnv: 'DOCS', allowedTools: ['a'] },
        local: { command: 'npx -y pkg@1', lifecycle: 'keep-alive', env: { K: '$env:OTHER' } },
        whole: { url: 'https://w.test/mcp', bearerToken: 'abcdefghijklmnop' },
      },
    })
    expect(reading.notes).toEqual([
      'It takes over the servers of cursor: import those files by themselves.',
    ])
    const [docs, local, whole] = reading.servers.map(
      ({ draft }) => draft && fillServer(draft, new Map()),
    )
    expect(docs).toMatchObject({ headers: { Authorization: '${DOCS}' } })
    expect(reading.servers[0]?.reasons.join()).toMatch(
      /as mcporter sends it.*allowedTools is left out: grants/,
    )
    expect(local).toMatchObject({ command: 'npx', args: ['-y', 'pkg@1'], env: { K: '${OTHER}' } })
    expect(whole).toMatchObject({ headers: { Authorization: 'Bearer abcdefghijklmnop' } })
    expect(reading.servers[2]?.secrets).toEqual([
      { where: 'headers.Authorization', hint: '••••mnop' },
    ])
  })

  it('reads ClawGo’s, with its permission and its one time limit', () => {
    const reading = read({
      tools: {
        mcp: {
          enabled: true,
          request_timeout_sec: 20,
          servers: {
            context7: {
              ...{ enabled: true, transport: 'stdio', command: '/usr/local/bin/context7-mcp' },
              ...{ args: [], permission: 'full', working_dir: '/srv/context7' },
              ...{ package: '@upstash/context7-mcp', env: { KEY: 'YOUR_KEY', OTHER: '$OTHER' } },
            },
          },
        },
      },
    })
    const { input, outcome, reasons } = only(reading)
    expect(input).toEqual({
      ...{ name: 'context7', transport: 'stdio', command: '/usr/local/bin/context7-mcp' },
      ...{ permission: 'full', cwd: '/srv/context7', package: '@upstash/context7-mcp' },
      ...{ readTimeoutSeconds: 20, enabled: true, env: { KEY: '${KEY}', OTHER: '${OTHER}' } },
    })
    expect([outcome, reasons]).toEqual([
      'changed',
      ['env.KEY is no key yet: it is asked for, as KEY.'],
    ])
  })

  it('reads what MateClaw and a vault answer, and asks for what is masked there', () => {
    const reading = read({
      code: 200,
      data: [
        {
          ...{ id: '1', name: 'tavily search', transport: 'stdio', command: 'npx', toolCount: 5 },
          argsJson: '["-y","@scope/tavily"]',
          envJson: '{"TAVILY_API_KEY":"tvly****abcd"}',
          lastStatus: 'connected',
        },
      ],
    })
    const { input, reasons } = only(reading)
    expect(input).toMatchObject({
      ...{ name: 'tavily search', args: ['-y', '@scope/tavily'] },
      env: { TAVILY_API_KEY: '${TAVILY_API_KEY}' },
    })
    expect(reasons).toEqual([
      'env.TAVILY_API_KEY is no key yet: it is asked for, as TAVILY_API_KEY.',
    ])
    const own = {
      name: 'x',
      transport: 'sse',
      url: 'https://x.test/sse',
      args: [],
      headers: { A: '••••••••' },
    }
    expect(only(read({ servers: [own] })).input.headers).toEqual({ A: '${x_A}' })
  })

  it('reads OpenCode’s and a server alone', () => {
    const opencode = read({
      mcp: {
        one: {
          ...{ type: 'local', command: ['bun', 'x', 'y'], enabled: false },
          environment: { T: '{env:TOKEN}' },
        },
      },
    })
    expect(only(opencode).input).toMatchObject({
      ...{ command: 'bun', args: ['x', 'y'], enabled: false, env: { T: '${TOKEN}' } },
    })
    expect(only(read({ type: 'sse', url: 'https://a.test/events' })).input).toMatchObject({
      ...{ name: 'server', transport: 'sse' },
    })
  })

  it('reaches the address behind mcp-remote itself, with its headers', () => {
    const { input, reasons } = only(
      servers({
        linear: {
          command: 'npx',
          args: [
            ...['-y', 'mcp-remote@latest', 'https://mcp.linear.test/sse', '--header'],
            ...['Authorization:${AUTH}', '--transport', 'sse-only', '--debug'],
          ],
          env: { AUTH: 'Bearer ${LINEAR_TOKEN}' },
        },
      }),
    )
    expect(input).toEqual({
      ...{ name: 'linear', transport: 'sse', url: 'https://mcp.linear.test/sse' },
      ...{ permission: 'workspace', enabled: true },
      headers: { Authorization: 'Bearer ${LINEAR_TOKEN}' },
    })
    expect(reasons.join()).toMatch(/mcp-remote is left out.*--debug/)
  })

  it('tells such a file from other documents by its form', () => {
    expect(isMcpConfig('{"mcpServers": {}}')).toBe(true)
    expect(isMcpConfig('// mine\n{"servers": {"a": {"url": "https://a.test"}}}')).toBe(true)
    expect(isMcpConfig('{"mcpServers": {"a": ')).toBe(true)
    for (const other of [
      '{"openapi": "3.1.0", "servers": [{"url": "https://a.test"}], "paths": {}}',
      '{"asyncapi": "3.0.0", "servers": {"a": {"url": "https://a.test"}}}',
      'curl https://a.test',
      'server:\n  name: x\ntools: []',
      '{"sources": {}, "tools": {}}',
      '[1]',
      '',
    ]) {
      expect(isMcpConfig(other)).toBe(false)
    }
  })
})

describe('keys in such files', () => {
  it('go where they are sealed, and are named by their last characters alone', () => {
    const reading = servers({
      a: {
        url: 'https://me:pa%20ss$1@a.test/mcp',
        headers: { 'X-Api-Key': 'sk-abcdefghijkl1234', 'X-Team': 'one' },
      },
      b: {
        command: 'docker',
        args: ['run', '-i', '-e', 'GITHUB_TOKEN=ghp_abcdefghijklmnop1234', '--env=A=b', 'image'],
      },
    })
    const [a, b] = reading.servers.map(({ draft }) => draft && fillServer(draft, new Map()))
    expect(a?.url).toBe('https://a.test/mcp')
    expect(a?.headers).toMatchObject({
      'X-Api-Key': 'sk-abcdefghijkl1234',
      Authorization: `Basic ${btoa('me:pa ss$1')}`,
    })
    expect(reading.servers[0]?.secrets).toEqual([
      { where: 'headers.X-Api-Key', hint: '••••1234' },
      { where: 'headers.Authorization', hint: `••••${btoa('me:pa ss$1').slice(-4)}` },
    ])
    expect(b?.args).toEqual(['run', '-i', '-e', 'GITHUB_TOKEN', '--env=A', 'image'])
    expect(b?.env).toEqual({ GITHUB_TOKEN: 'ghp_abcdefghijklmnop1234', A: 'b' })
    const said = JSON.stringify(reading.servers.map(({ reasons, secrets }) => [reasons, secrets]))
    expect(said).not.toMatch(/abcdefgh/)
  })

  it('are refused where they would be kept readable, in args and in URLs', () => {
    for (const server of [
      { command: 'npx', args: ['x', '--api-key', 'abcdefghijkl'] },
      { command: 'npx', args: ['x', '--api-key=${API_KEY}'] },
      { command: 'npx', args: ['x', 'ghp_abcdefghijklmnop1234'] },
      { command: 'npx', args: ['-y', 'server-postgres', 'postgresql://u:abcdefgh@host/db'] },
      { command: 'npx', args: ['x', '--header', 'Authorization: Bearer abcdefghijkl'] },
      { url: 'https://a.test/mcp?api_key=abcdefghijkl' },
      { url: 'https://a.test/mcp?tavilyApiKey=${TAVILY}' },
    ]) {
      const said = refusal(server)
      expect(said).toMatch(/^refused: (?:args\[\d\]|url) holds a key.*would be kept readable/)
      expect(said).not.toContain('abcdefgh')
    }
  })

  it('are asked for where the file only says that one goes there', () => {
    const reading = servers({
      a: { command: 'x', env: { API_KEY: '<your key>' } },
      b: { command: 'x', env: { API_KEY: 'YOUR_API_KEY_HERE' } },
      c: { url: 'https://c.test', headers: { Authorization: 'Bearer YOUR_TOKEN' } },
    })
    expect(reading.variables.map(({ name, usedBy }) => [name, usedBy])).toEqual([
      ['API_KEY', ['a: env.API_KEY']],
      ['API_KEY_2', ['b: env.API_KEY']],
      ['c_Authorization', ['c: headers.Authorization']],
    ])
  })
})

describe('what cannot be taken', () => {
  it('is said of one server, and does not hold up the others', () => {
    for (const [server, said] of [
      [1, 'It is no object.'],
      [{}, 'It names neither a command nor a URL.'],
      [{ command: 'x', url: 'https://a.test' }, 'not which of them is meant'],
      [{ type: 'ws', url: 'wss://a.test' }, 'is none of stdio, streamable_http and sse'],
      [{ url: 'file:///etc/passwd' }, 'not with https: or http:'],
      [{ url: 'not a url' }, 'url is none.'],
      [{ command: 'sh', args: [{}] }, 'args holds something that is no text'],
      [{ command: 'x | y z' }, 'a line for a shell'],
      [{ command: '${TOOL}' }, 'command stands for something'],
      [{ command: 'x', env: { 'A B': '1' } }, 'none of an environment variable'],
      [{ command: 'x', env: { A: '1\n2' } }, 'more than one line'],
      [{ command: 'x', env: { A: '${command:pick}' } }, 'none of the vault’s to know'],
      [{ url: 'https://a.test', headers: { A: 'é' } }, 'that no header may have'],
      [{ url: 'https://a.test', headers: { A: '1', a: '2' } }, 'names one thing twice'],
      [{ command: 'x', permission: 'root' }, 'neither workspace nor full'],
    ] as const) {
      expect(refusal(server)).toContain(said)
    }
    const mixed = servers({ bad: 1, good: { url: 'https://a.test/mcp' } })
    expect(mixed.servers.map(({ outcome }) => outcome)).toEqual(['refused', 'taken'])
  })

  it('is named where only a part is left out', () => {
    const { reasons } = only(
      servers({
        'my/server': {
          ...{ command: 'x', cwd: '/srv', envFile: '.env', surprise: 1, another: {} },
          ...{ disabledTools: ['a'], timeout: 60_000, version: '1' },
        },
      }),
    )
    expect(reasons).toEqual([
      'It is called my-server here.',
      'timeout 60000 is read as 60 s.',
      expect.stringMatching(/^cwd \/srv is left out: /),
      expect.stringMatching(/^envFile is left out: it names a file, which is not read/),
      expect.stringMatching(/^disabledTools is left out: grants/),
      'Unknown members are left out: "surprise", "another".',
    ])
    const { notes } = read({ mcpServers: {}, theme: 'dark', history: [] })
    expect(notes).toEqual(['Left out of the file: "theme", "history".'])
  })

  it('is inert, whatever its members are called, and bounded', () => {
    const hostile = readMcpConfig(`{"mcpServers": {
      "__proto__": {"command": "x"},
      "constructor": {"command": "x", "env": {"__proto__": "1"}},
      "toString": {"command": "x", "env": {"constructor": "1"}, "__proto__": {"enabled": false}}
    }}`)
    expect(hostile.servers.map(({ key, outcome }) => [key, outcome])).toEqual([
      ['__proto__', 'refused'],
      ['constructor', 'refused'],
      ['toString', 'changed'],
    ])
    const { draft } = hostile.servers[2] ?? {}
    expect(draft && fillServer(draft, new Map())).toMatchObject({
      ...{ enabled: true, env: { constructor: '1' } },
    })
    const many = Object.fromEntries(
      Array.from({ length: 201 }, (_, index) => [`s${index}`, { command: 'x' }]),
    )
    expect(() => servers(many)).toThrow(/more than 200 servers/)
    expect(() => read({ nothing: true })).toThrow(/holds no MCP servers/)
    const began = performance.now()
    for (const text of [
      '${'.repeat(8000),
      '${a'.repeat(5000),
      '{'.repeat(16_000),
      '$env:'.repeat(3000),
    ]) {
      servers({ a: { command: 'x', args: [text], env: { A: text } } })
    }
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  it('takes one server of a name, and no second', () => {
    const reading = read({
      mcpServers: { a: { command: 'x' }, 'a/b': { command: 'x' }, 'a-b': { command: 'x' } },
      projects: { '/p': { mcpServers: { a: { command: 'y' } } } },
    })
    expect(reading.servers.map(({ draft, reasons }) => draft?.name ?? reasons.join())).toEqual([
      ...['a', 'a-b-2', 'a-b', 'Another server of the file has this name.'],
    ])
  })
})
