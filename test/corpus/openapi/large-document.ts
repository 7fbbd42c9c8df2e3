// Writes an OpenAPI document as large as those of public clouds: many operations over resources that hold each other.

interface LargeOptions {
  /** Six operations are made of each resource. */
  readonly resources: number
  /** Of each resource; each holds a reference to another one. */
  readonly properties?: number
}

/** A document with six operations for each resource, as JSON. The same each time. */
export function writeLargeDocument({ resources, properties = 24 }: LargeOptions): string {
  const names = Array.from({ length: resources }, (_, at) => `Resource${at}`)
  return JSON.stringify({
    openapi: '3.0.3',
    info: { title: 'Cloud API', version: '1' },
    servers: [
      { url: 'https://{region}.cloud.example.com/v1', variables: { region: { default: 'eu' } } },
    ],
    security: [{ token: [] }],
    paths: Object.fromEntries(names.flatMap((name, at) => pathsOf(name, at))),
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      parameters: {
        Page: { name: 'page', in: 'query', schema: { type: 'integer', minimum: 1, default: 1 } },
        Fields: {
          name: 'fields',
          in: 'query',
          explode: false,
          schema: { type: 'array', items: { type: 'string' } },
        },
      },
      schemas: Object.fromEntries(
        names.map((name, at) => [name, schemaOf(name, { at, names, properties })]),
      ),
    },
  })
}

const described =
  'What it is, what it is for, and what happens to those that use it when it goes away.'

function pathsOf(name: string, at: number): [string, object][] {
  const path = `/projects/{projectId}/${name.toLowerCase()}s`
  const schema = { $ref: `#/components/schemas/${name}` }
  const content = { 'application/json': { schema } }
  const list = {
    type: 'object',
    properties: { items: { type: 'array', items: schema }, next: { type: 'string' } },
  }
  const projectId = {
    name: 'projectId',
    in: 'path',
    required: true,
    schema: { type: 'string', format: 'uuid' },
  }
  const id = {
    name: 'id',
    in: 'path',
    required: true,
    schema: { type: 'string', pattern: '^[a-z0-9-]{1,63}$' },
  }
  const one = { '200': { description: 'ok', content } }
  const shared = [
    { $ref: '#/components/parameters/Page' },
    { $ref: '#/components/parameters/Fields' },
  ]
  const operation = (verb: string, more: object) => ({
    ...{ operationId: `${verb}${name}`, summary: `${verb} ${name}`, description: described },
    ...{ tags: [`Group ${at % 40}`], responses: one },
    ...more,
  })
  return [
    [
      path,
      {
        parameters: [projectId],
        get: operation('list', {
          parameters: shared,
          responses: {
            '200': { description: 'ok', content: { 'application/json': { schema: list } } },
          },
        }),
        post: operation('create', { requestBody: { required: true, content } }),
      },
    ],
    [
      `${path}/{id}`,
      {
        parameters: [projectId, id],
        get: operation('get', {}),
        put: operation('replace', { requestBody: { required: true, content } }),
        patch: operation('change', {
          requestBody: { content: { 'application/merge-patch+json': { schema } } },
        }),
        delete: operation('delete', { responses: { '204': { description: 'gone' } } }),
      },
    ],
  ]
}

interface SchemaFacts {
  readonly at: number
  readonly names: readonly string[]
  readonly properties: number
}

function schemaOf(name: string, { at, names, properties }: SchemaFacts): object {
  const members = Array.from({ length: properties }, (_, number): [string, object] => [
    `member${number}`,
    number % 3 === 0
      ? { type: 'integer', minimum: 0, description: described }
      : { type: 'string', nullable: number % 2 === 0, maxLength: 200, description: described },
  ])
  const other = names[(at * 7 + 1) % names.length]
  return {
    type: 'object',
    description: `${name}: ${described}`,
    required: ['member1'],
    properties: {
      id: { type: 'string', readOnly: true },
      state: { type: 'string', enum: ['new', 'running', 'stopped', 'gone'] },
      ...Object.fromEntries(members),
      other: { $ref: `#/components/schemas/${other}` },
    },
  }
}
