import {
  createSource,
  type FieldFault,
  type InputOf,
  type importSources,
  type OutputOf,
  type PreviewedSource,
  type PreviewedStatement,
  Problem,
  type previewSources,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import type {
  ReadSource,
  ReadStatement,
  SqlDocument,
  SqlDocumentInput,
} from '../tools/import/sql/sql-document.ts'
import { digestOf } from '../tools/tool-digest.ts'
import { toolChanged, toolsetExists } from '../tools/toolset-problems.ts'
import { readWrites } from './check-statements.ts'
import { recordMade } from './create-source.ts'
import { makeSource, type ReadySource } from './make-source.ts'
import { invalidFields } from './source-problems.ts'
import { getSourceRow, type SourcesNeeds } from './sources-needs.ts'
import { viewSource } from './view-source.ts'

type PreviewInput = InputOf<typeof previewSources>
type Preview = OutputOf<typeof previewSources>
type Input = InputOf<typeof importSources>
type Output = OutputOf<typeof importSources>
type NewSource = InputOf<typeof createSource>

/** Reads a document apart from all else; see createWorkApart. */
export type ReadSources = (input: SqlDocumentInput) => Promise<SqlDocument>

interface SourceImport {
  preview(owner: AuthenticatedOwner, input: PreviewInput): Promise<Preview>
  import(owner: AuthenticatedOwner, input: Input): Promise<Output>
}

/** For trying all databases of a document, in ms: a source is not begun after it. */
const importMsMax = 90_000

const tookTooLong = () =>
  new Problem('upstream-timeout', 'Trying the databases of the document took too long.', {
    next: 'Nothing was kept. Import fewer of them at once: take false leaves a source out.',
  })

/** Builds the two operations that read a document. The second makes what the first shows, with what its owner says besides. */
export function createSourceImport<Connection, Changes>(
  needs: SourcesNeeds<Connection, Changes> & { readonly readSources: ReadSources },
): SourceImport {
  const read = async ({ document, format, variables }: PreviewInput) => {
    const found = await needs.readSources({ document, format, variables })
    return { found, preview: await previewOf(needs, found) }
  }
  return {
    preview: async (_owner, input) => (await read(input)).preview,

    async import(owner, input) {
      const { found, preview } = await read(input)
      if (input.expects !== undefined && input.expects !== preview.digest) throw toolChanged()
      const wanted = wantedSources(found, preview, input)
      const ready: ReadySource<Connection>[] = []
      const endsAtMs = needs.now() + importMsMax
      for (const { key, source } of wanted) {
        if (needs.now() > endsAtMs) throw tookTooLong()
        const toolField = (at: number) => `tools.${source.tools[at]?.name ?? at}`
        ready.push(
          await underKey(key, () =>
            makeSource(needs, owner, { input: source, names: { toolField } }),
          ),
        )
      }
      const outcome = await needs.store.insert(ready.map(({ made }) => made))
      if (outcome !== 'inserted') throw toolsetExists(outcome.exists)
      for (const { made } of ready) {
        await recordMade(needs, owner, { made, operation: 'importSources' })
      }
      const rows = await Promise.all(
        ready.map(({ made }) => getSourceRow(needs, owner.workspaceId, made.source.id)),
      )
      const told = ready.flatMap(({ made, notes }) =>
        notes.map((note) => `${made.toolset.name}: ${note}`),
      )
      return { sources: rows.map(viewSource), notes: [...preview.notes, ...told] }
    },
  }
}

async function previewOf(needs: Pick<SourcesNeeds, 'gate'>, found: SqlDocument): Promise<Preview> {
  const taken = new Map(
    found.sources.flatMap((source) =>
      source.refused === undefined && source.dialect !== undefined
        ? [[source.key, source.dialect] as const]
        : [],
    ),
  )
  const tools = await Promise.all(
    found.statements.map(async (one) => {
      const dialect = taken.get(one.source)
      const tool = dialect === undefined ? homeless(one) : await previewTool(needs, dialect, one)
      return { source: one.source, tool }
    }),
  )
  const sources = found.sources.map((source): PreviewedSource => {
    const own = tools.filter((one) => one.source === source.key).map(({ tool }) => tool)
    return previewSource(source, source.refused === undefined ? own : [])
  })
  const refused = tools.flatMap(({ source, tool }) => (taken.has(source) ? [] : [tool]))
  const count = (outcome: PreviewedStatement['outcome']) =>
    tools.filter(({ tool }) => tool.outcome === outcome).length
  const shown = { format: found.format, sources, refused }
  return {
    ...shown,
    counts: { taken: count('taken'), changed: count('changed'), refused: count('refused') },
    secretsFound: found.sources.flatMap(({ key, password }) =>
      password === undefined ? [] : [{ where: `sources.${key}.password`, hint: hintOf(password) }],
    ),
    notes: [...found.notes],
    digest: digestOf(shown),
  }
}

const hintOf = (password: string): string =>
  password.length < 12 ? '' : `••••${password.slice(-4)}`

function previewSource(source: ReadSource, tools: PreviewedStatement[]): PreviewedSource {
  const { key, name, kind, dialect, host, port, database, path, tls, user, refused } = source
  return {
    ...{ key, name, kind },
    ...(dialect !== undefined && { dialect }),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(database !== undefined && { database }),
    ...(path !== undefined && { path }),
    ...(tls !== undefined && { tls }),
    ...(user !== undefined && { user }),
    hasPassword: source.password !== undefined,
    outcome: refused === undefined ? 'taken' : 'refused',
    ...(refused !== undefined && { reason: refused }),
    asks: source.asks.map((one) => ({ ...one })),
    tools,
  }
}

async function previewTool(
  needs: Pick<SourcesNeeds, 'gate'>,
  dialect: NewSource['dialect'],
  one: ReadStatement,
): Promise<PreviewedStatement> {
  if (one.refused !== undefined) return refusedTool(one, one.refused)
  const { key, name, title, description, statement, parameters, tags, reason } = one
  const asked = { statement, parameterCount: parameters.length }
  const verdict = await readWrites(needs, dialect, asked)
  if ('refused' in verdict) return refusedTool(one, verdict.refused)
  return {
    ...{ key, name, description, statement, parameters: [...parameters], writes: verdict.writes },
    ...(title !== undefined && { title }),
    outcome: reason === undefined ? 'taken' : 'changed',
    ...(reason !== undefined && { reason }),
    ...(tags.length > 0 && { tags: [...tags] }),
  }
}

const refusedTool = (
  { key, description, statement, tags }: ReadStatement,
  reason: string,
): PreviewedStatement => ({
  ...{ key, description, parameters: [], writes: false, outcome: 'refused', reason },
  ...(statement !== undefined && { statement }),
  ...(tags.length > 0 && { tags: [...tags] }),
})

const homeless = (one: ReadStatement): PreviewedStatement =>
  refusedTool(one, one.refused ?? 'Its source cannot be taken.')

interface Wanted {
  readonly key: string
  readonly source: NewSource
}

/** The sources that are wanted, with what their owner says in place of the document. */
function wantedSources(found: SqlDocument, preview: Preview, input: Input): Wanted[] {
  const faults = faultsOfChoices(preview, input)
  if (faults.length > 0) throw invalidFields(faults)
  const choiceOf = new Map(input.sources?.map((choice) => [choice.key, choice]))
  const toolOf = new Map(input.tools?.map((choice) => [choice.key, choice]))
  const wanted = preview.sources.flatMap((shown): Wanted[] => {
    const choice = choiceOf.get(shown.key)
    if (shown.outcome === 'refused' || choice?.take === false) return []
    const read = found.sources.find(({ key }) => key === shown.key)
    const tools = shown.tools.flatMap((tool) => {
      const said = toolOf.get(tool.key)
      if (tool.outcome === 'refused' || said?.take === false) return []
      const { title, statement, parameters, writes, tags } = tool
      const name = said?.name ?? tool.name
      const description = said?.description ?? tool.description
      return [{ name, title, description, statement, parameters, writes, tags }]
    })
    const { dialect, host, port, database, path, tls, user } = shown
    const { key, take: _take, ...own } = choice ?? { key: shown.key }
    const written = {
      ...{ name: shown.name, dialect, host, port, database, path, tls, user, tools },
      ...{ password: read?.password, timeoutSeconds: read?.timeoutSeconds },
      ...withoutUndefined(own),
    }
    return [{ key, source: parseSource(key, written) }]
  })
  if (wanted.length > 0) return wanted
  throw invalidFields([
    { field: 'sources', message: 'must leave at least one source that can be taken' },
  ])
}

const withoutUndefined = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined))

/** As though it had been typed in: what a document says is bound by the same rules. */
function parseSource(key: string, written: object): NewSource {
  const parsed = createSource.input.safeParse(withoutUndefined(written))
  if (parsed.success) return parsed.data
  throw invalidFields(
    parsed.error.issues.slice(0, 20).map(({ path, message }) => ({
      field: `sources.${key}.${path.map(String).join('.')}`,
      message,
    })),
  )
}

/** Choices name what the document has; one that names something else is a typing error. */
function faultsOfChoices(preview: Preview, input: Input): FieldFault[] {
  const sources = new Map(preview.sources.map((source) => [source.key, source]))
  const tools = new Map(
    [...preview.sources.flatMap((source) => source.tools), ...preview.refused].map((tool) => [
      tool.key,
      tool,
    ]),
  )
  const check = (list: 'sources' | 'tools', known: ReadonlyMap<string, { outcome: string }>) => {
    const used = new Set<string>()
    return (input[list] ?? []).flatMap(({ key, take }, at): FieldFault[] => {
      const field = `${list}[${at}].key`
      const isTwice = used.has(key)
      used.add(key)
      if (isTwice) return [{ field, message: 'stands twice' }]
      const one = known.get(key)
      if (one === undefined) return [{ field, message: 'is not in the document' }]
      if (one.outcome === 'refused' && take) {
        return [{ field, message: 'cannot be taken; the preview says why' }]
      }
      return []
    })
  }
  return [...check('sources', sources), ...check('tools', tools)]
}

/** Faults of one of several sources say which one. */
async function underKey<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw withKey(thrown, key)
  }
}

function withKey(thrown: unknown, key: string): unknown {
  if (!(thrown instanceof Problem) || thrown.fields === undefined) return thrown
  const { type, detail, next, cause } = thrown
  return new Problem(type, `${key}: ${detail}`, {
    ...(next !== undefined && { next }),
    ...(cause !== undefined && { cause }),
    fields: thrown.fields.map(({ field, message }) => ({
      field: `sources.${key}.${field}`,
      message,
    })),
  })
}
