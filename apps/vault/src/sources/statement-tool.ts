import type {
  JsonSchema,
  SourceStatement,
  SqlBinding,
  SqlParameter,
  ToolDefinition,
} from '@sallyport/contracts'

// The tools of a source: its owner's statements, and the built-in ones that look at the schema or take a query of the model's.

/** Keys of the built-in tools. No statement has one: names hold no colon. */
const builtInKeys = {
  query: ':query',
  list_tables: ':list_tables',
  describe_table: ':describe_table',
} as const

/** The tool that a statement is. Parameters that the vault fills in are no arguments of it. */
export function statementTool(statement: SourceStatement, sourceId: string): ToolDefinition {
  const { name, title, description, parameters, writes, tags } = statement
  return {
    name,
    ...(title !== undefined && { title }),
    description,
    inputSchema: schemaOf(parameters.filter(({ agent }) => agent === undefined)),
    annotations: { readOnlyHint: !writes, openWorldHint: false },
    binding: {
      ...{ kind: 'sql', sourceId, run: 'statement' },
      ...{ statement: statement.statement, parameters, writes },
    },
    key: name,
    ...(tags !== undefined && tags.length > 0 && { tags }),
  }
}

function schemaOf(parameters: readonly SqlParameter[]): JsonSchema {
  const required = parameters.filter(isRequired).map(({ name }) => name)
  return {
    type: 'object',
    properties: Object.fromEntries(parameters.map((one) => [one.name, propertyOf(one)])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  }
}

/** What has a default, or may be left out, is bound as that, or as NULL. */
const isRequired = (parameter: SqlParameter): boolean =>
  parameter.required && parameter.default === undefined

const jsonTypes = {
  string: 'string',
  integer: 'integer',
  float: 'number',
  boolean: 'boolean',
} as const

function propertyOf(parameter: SqlParameter): JsonSchema {
  const { type, items, description, default: fallback } = parameter
  const isNullable = !isRequired(parameter)
  const plain = type === 'array' ? 'array' : jsonTypes[type]
  return {
    type: isNullable ? [plain, 'null'] : plain,
    ...(type === 'array'
      ? {
          items: { type: jsonTypes[items ?? 'string'], ...narrowed(parameter, false) },
          maxItems: 10_000,
        }
      : narrowed(parameter, isNullable)),
    ...(description !== '' && { description }),
    ...(fallback !== undefined && { default: fallback }),
  }
}

/** The schema holds callers to what a parameter takes: what is not taken is told before anybody is asked. */
const narrowed = (
  { enum: values, minimum, maximum }: SqlParameter,
  isNullable: boolean,
): JsonSchema => ({
  ...(values !== undefined && { enum: isNullable ? [...values, null] : [...values] }),
  ...(minimum !== undefined && { minimum }),
  ...(maximum !== undefined && { maximum }),
})

/** What a source’s built-in tools are made for. */
export interface BuiltInChoice {
  readonly query: boolean
  readonly schemaTools: boolean
}

/** The built-in tools that a source’s options ask for. */
export function builtInTools(
  { query, schemaTools }: BuiltInChoice,
  sourceId: string,
): ToolDefinition[] {
  return [
    ...(query ? [queryTool(sourceId)] : []),
    ...(schemaTools ? [listTablesTool(sourceId), describeTableTool(sourceId)] : []),
  ]
}

const readsOnly = { readOnlyHint: true, openWorldHint: false } as const

const bindingOf = (sourceId: string, run: SqlBinding['run']): SqlBinding => ({
  ...{ kind: 'sql', sourceId, run, parameters: [], writes: false },
})

const queryTool = (sourceId: string): ToolDefinition => ({
  name: 'query',
  title: 'Query',
  description:
    'Run one SELECT statement of your own on this database and get its rows. It is parsed first, runs in a read-only transaction and is cut at a number of rows: name the columns and use LIMIT.',
  inputSchema: {
    type: 'object',
    properties: {
      statement: {
        type: 'string',
        minLength: 1,
        maxLength: 65_536,
        description: 'One SELECT statement, without parameters',
      },
    },
    required: ['statement'],
    additionalProperties: false,
  },
  annotations: readsOnly,
  binding: bindingOf(sourceId, 'query'),
  key: builtInKeys.query,
})

const listTablesTool = (sourceId: string): ToolDefinition => ({
  name: 'list_tables',
  title: 'List tables',
  description: 'List the tables and views of this database that can be read.',
  inputSchema: {
    type: 'object',
    properties: {
      schema: { type: 'string', maxLength: 128, description: 'Only those of this schema' },
    },
    additionalProperties: false,
  },
  annotations: readsOnly,
  binding: bindingOf(sourceId, 'list_tables'),
  key: builtInKeys.list_tables,
})

const describeTableTool = (sourceId: string): ToolDefinition => ({
  name: 'describe_table',
  title: 'Describe a table',
  description: 'Read the columns, the primary key and the references of one table.',
  inputSchema: {
    type: 'object',
    properties: {
      table: {
        type: 'string',
        minLength: 1,
        maxLength: 256,
        description: 'table, or schema.table',
      },
    },
    required: ['table'],
    additionalProperties: false,
  },
  annotations: readsOnly,
  binding: bindingOf(sourceId, 'describe_table'),
  key: builtInKeys.describe_table,
})

/** The statement that a tool is, as its owner gave it; undefined for a built-in one. */
export function statementOf(definition: ToolDefinition): SourceStatement | undefined {
  const { binding, name, title, description, tags } = definition
  if (binding.kind !== 'sql' || binding.run !== 'statement') return undefined
  return {
    ...{ name, description, statement: binding.statement ?? '' },
    ...(title !== undefined && { title }),
    ...{ parameters: binding.parameters, writes: binding.writes },
    ...(tags !== undefined && { tags }),
  }
}
