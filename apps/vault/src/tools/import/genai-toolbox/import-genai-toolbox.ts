// Makes tools of genai-toolbox's YAML as far as it asks APIs over HTTP; its databases come into the vault by another door.
import { type ConfigValue, readConfigValues } from '../higress/config-values.ts'
import type { HigressArgument, HigressDocument, HigressTool } from '../higress/higress-types.ts'
import { makeToolset } from '../higress/make-toolset.ts'
import type { ImportedToolset, Importer } from '../imported-toolset.ts'
import { quoteName } from '../refuse-document.ts'
import { toToolsetName } from '../tool-names.ts'
import { refuseTool, ToolRefused } from '../yaml-tools/tool-refused.ts'
import { environmentOf, withEnvironment } from './environment.ts'
import {
  entryKeys,
  readToolboxDocument,
  type ToolboxDocument,
  type ToolboxEntry,
  unknownSource,
} from './toolbox-document.ts'
import { parametersOf } from './toolbox-parameters.ts'
import { underArgs } from './under-args.ts'

const sourceKeys = entryKeys([
  'baseUrl',
  'timeout',
  'headers',
  'queryParams',
  'disableSslVerification',
  'allowedHosts',
  'description',
])
const toolKeys = entryKeys([
  'source',
  'description',
  'path',
  'method',
  'headers',
  'requestBody',
  'pathParams',
  'queryParams',
  'bodyParams',
  'headerParams',
  'parameters',
  'authRequired',
  'scopesRequired',
  'annotations',
  'title',
])

/** @throws Problem `document-refused` with the line where there is one; `invalid-input` for a server or a scheme */
export const importGenaiToolbox: Importer = (input) => {
  const document = readToolboxDocument(input.document)
  const config = readConfigValues(environmentOf(input.document), input.variables)
  const [first = ''] = document.toolsets.keys()
  const [source = ''] = document.sources.keys()
  const notes = new Set<string>()
  const made = makeToolset(asHigress(document, { config, notes }), { input, config })
  return {
    ...{ format: 'genai-toolbox', name: toToolsetName(first || source || 'tools') },
    ...made,
    notes: [...made.notes, ...notes],
  } satisfies ImportedToolset
}

interface Facts {
  readonly config: ReadonlyMap<string, ConfigValue>
  readonly notes: Set<string>
}

function asHigress(document: ToolboxDocument, facts: Facts): HigressDocument {
  const tagsOf = (name: string) =>
    [...document.toolsets].flatMap(([toolset, tools]) => (tools.includes(name) ? [toolset] : []))
  return {
    ...{ name: '', config: {}, schemes: [], passthroughHeader: false },
    nameOf: (path) => `\${${path}}`,
    tools: document.tools.map((entry) => {
      const tags = tagsOf(entry.name)
      try {
        return { ...readTool(entry, document, facts), tags }
      } catch (thrown) {
        if (!(thrown instanceof ToolRefused)) throw thrown
        const description =
          typeof entry.value.description === 'string' ? entry.value.description : ''
        return { name: entry.name, description, args: [], response: {}, refused: thrown.message }
      }
    }),
  }
}

function readTool(entry: ToolboxEntry, document: ToolboxDocument, facts: Facts): HigressTool {
  if (entry.type !== 'http') {
    refuseTool(
      `It is of the kind ${quoteName(entry.type)}. Here only http becomes tools; databases are imported as SQL sources (POST /api/v1/sources/import).`,
    )
  }
  const { read, place } = entry
  const tool = read.object(entry.value, place, toolKeys)
  const text = (key: string) => read.text(tool[key], [...place, key])
  const source = document.sources.get(text('source') ?? '')
  if (source === undefined) return refuseTool(unknownSource(text('source') ?? ''))
  if (source.type !== 'http')
    refuseTool(`Its source is of the kind ${quoteName(source.type)} and not http.`)
  if (read.list(tool.authRequired, [...place, 'authRequired']).length > 0) {
    facts.notes.add(
      'authRequired is left out: the vault’s own agents, tokens and grants say who may call.',
    )
  }
  const args = parametersOf(entry, tool)
  const body = text('requestBody')
  const { url, headers } = requestOf(source, entry, { path: text('path') ?? '', facts })
  return {
    name: entry.name,
    title: text('title'),
    description: text('description')?.trim() ?? '',
    args: args.filter((argument) => reached(argument, body)),
    request: {
      ...{ url, headers, argsTo: [] },
      method: text('method'),
      body: body === undefined || body === '' ? undefined : underArgs(body, 'requestBody'),
    },
    response: {},
    annotations:
      tool.annotations === undefined
        ? undefined
        : read.map(tool.annotations, [...place, 'annotations']),
  }
}

/** Without a body, the arguments of one go nowhere. */
const reached = ({ position }: HigressArgument, body: string | undefined): boolean =>
  position !== undefined || body !== undefined

/** The source's address and headers with those of the tool, which go before. */
function requestOf(
  source: ToolboxEntry,
  tool: ToolboxEntry,
  { path, facts }: { readonly path: string; readonly facts: Facts },
) {
  const { read, place } = source
  const value = read.object(source.value, place, sourceKeys)
  if (value.disableSslVerification === true) {
    facts.notes.add('disableSslVerification is left out: the vault always checks certificates.')
  }
  const base = filled(read.text(value.baseUrl, [...place, 'baseUrl']) ?? '', facts)
  const query = Object.entries(read.map(value.queryParams, [...place, 'queryParams'])).map(
    ([name, one]) =>
      `${encodeURIComponent(name)}=${constant(read.text(one, [...place, 'queryParams', name]) ?? '', facts)}`,
  )
  const target = joinPath(base, underArgs(filled(path, facts), 'path'))
  const sign = target.includes('?') ? '&' : '?'
  const headers = new Map<string, { key: string; value: string }>()
  for (const [entry, at] of [
    [source, place],
    [tool, tool.place],
  ] as const) {
    for (const [key, one] of Object.entries(
      entry.read.map(entry.value.headers, [...at, 'headers']),
    )) {
      const text = entry.read.text(one, [...at, 'headers', key]) ?? ''
      headers.set(key.toLowerCase(), { key, value: withEnvironment(text, facts.config) })
    }
  }
  return {
    url: query.length === 0 ? target : `${target}${sign}${query.join('&')}`,
    headers: [...headers.values()],
  }
}

/** A value of the query; one from the environment stays what it is, to be filled in or to be the credential. */
function constant(text: string, { config }: Facts): string {
  const template = withEnvironment(text, config)
  return template === text ? encodeURIComponent(text) : template
}

/** Addresses need their variables now: they say where tools go. */
function filled(text: string, { config }: Facts): string {
  return text.replaceAll(/\$\{([A-Za-z_]\w*)(?::[^}]*)?\}/g, (_, name: string) => {
    const value = config.get(name)
    if (value === undefined || value.text === '') {
      return refuseTool(`Its address stands in \${${name}}: give it as the variable ${name}.`)
    }
    return value.isSecret ? `{{.config.${name}}}` : value.text
  })
}

/** Paths that begin with the base's own path hold it already. */
function joinPath(base: string, path: string): string {
  const plain = base.replace(/\/+$/, '')
  const own = /^[a-z]+:\/\/[^/]*(\/.*)?$/i.exec(plain)?.[1] ?? ''
  const rooted = path.startsWith('/') || path.startsWith('?') || path === '' ? path : `/${path}`
  if (own !== '' && (rooted === own || rooted.startsWith(`${own}/`)))
    return plain.slice(0, -own.length) + rooted
  return plain + rooted
}
