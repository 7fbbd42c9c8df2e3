import { z } from 'zod'
import type { Operation } from './operation.ts'
import { problemKinds, problemTypes } from './problem.ts'

type Json = Record<string, unknown>

/** Writes the operations as an OpenAPI 3.1 document. `version` is the release's. */
export function toOpenApi(operations: Readonly<Record<string, Operation>>, version: string): Json {
  const paths: Record<string, Json> = {}
  for (const operation of Object.values(operations)) {
    const item = paths[operation.path] ?? {}
    item[operation.method.toLowerCase()] = toOperationObject(operation)
    paths[operation.path] = item
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Sallyport vault',
      version,
      description:
        'Two planes that share nothing but the process: agents under /v1, owners under /api/v1.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    paths,
    components: {
      securitySchemes: {
        agent: { type: 'http', scheme: 'bearer', description: 'An agent’s access token (spt_…)' },
        owner: { type: 'http', scheme: 'bearer', description: 'An owner’s token (spp_…)' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-sallyport' },
      },
      schemas: { Problem: problemSchema() },
    },
  }
}

function toOperationObject(operation: Operation): Json {
  const input = jsonSchema(operation.input, 'input')
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')
  const properties = (input.properties ?? {}) as Record<string, Json>
  const required = (input.required ?? []) as string[]
  const inBody = operation.method !== 'GET' && operation.method !== 'DELETE'
  const others = Object.keys(properties).filter((name) => !names.includes(name))
  const rest = others.filter((name) => !inBody || operation.inQuery?.includes(name) !== true)
  const query = inBody ? others.filter((name) => !rest.includes(name)) : rest
  const parameters = [
    ...Object.entries(operation.signedBy ?? {}).map(([member, name]) => ({
      name,
      in: 'header',
      required: false,
      schema: properties[member] ?? {},
    })),
    ...(operation.callerCredential === true ? [callerCredentialParameter] : []),
    ...names.map((name) => ({ name, in: 'path', required: true, schema: properties[name] ?? {} })),
    ...query.map((name) => ({
      name,
      in: 'query',
      required: required.includes(name),
      schema: properties[name] ?? {},
    })),
  ]
  return {
    operationId: operation.id,
    summary: operation.summary,
    tags: [
      operation.caller[0] === 'owner'
        ? 'owners'
        : operation.caller[0] === 'agent'
          ? 'agents'
          : 'open',
    ],
    security: security(operation),
    ...(operation.demand !== undefined && { 'x-demand': operation.demand }),
    ...(parameters.length > 0 && { parameters }),
    ...(operation.signedBy !== undefined && { requestBody: signedBody }),
    ...(inBody &&
      operation.signedBy === undefined &&
      rest.length > 0 && {
        requestBody: requestBody(operation, {
          ...input,
          properties: pick(properties, rest),
          required: required.filter((name) => rest.includes(name)),
        }),
      }),
    responses: responses(operation),
  }
}

const callerCredentialParameter: Json = {
  name: 'Sallyport-Caller-Credential',
  in: 'header',
  required: false,
  description:
    'For connections that take the caller’s own credential: the connection’s id, a space and the credential; several with commas between them',
  schema: { type: 'string' },
}

/** Whatever its sender writes: it is proved before it is read. */
const signedBody: Json = { required: true, content: { '*/*': { schema: { type: 'string' } } } }

function requestBody(operation: Operation, schema: Json): Json {
  return {
    required: (schema.required as string[]).length > 0,
    content: {
      'application/json': { schema },
      ...(operation.form === true && { 'application/x-www-form-urlencoded': { schema } }),
    },
  }
}

function responses(operation: Operation): Json {
  const streams = operation.id === 'exportAudit'
  const byStatus = new Map<number, string[]>()
  for (const type of operation.problems) {
    const { status } = problemKinds[type]
    byStatus.set(status, [...(byStatus.get(status) ?? []), type])
  }
  const success = streams
    ? Object.fromEntries(
        ['application/jsonl', 'text/csv'].map((type) => [type, { schema: { type: 'string' } }]),
      )
    : { 'application/json': { schema: jsonSchema(operation.output, 'output') } }
  return {
    [String(operation.status ?? 200)]: { description: operation.summary, content: success },
    ...Object.fromEntries(
      [...byStatus].map(([status, types]) => [
        String(status),
        { description: types.join(', '), content: problemContent },
      ]),
    ),
    default: { description: 'Any other problem', content: problemContent },
  }
}

const problemContent = {
  'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
}

function security(operation: Operation): Json[] {
  const [caller] = operation.caller
  if (caller === 'anyone') return []
  if (caller === 'agent') return [{ agent: [] }]
  return operation.demand === 'account' ? [{ session: [] }] : [{ owner: [] }, { session: [] }]
}

function problemSchema(): Json {
  return {
    type: 'object',
    description: 'RFC 9457 problem details',
    required: ['type', 'title', 'status', 'detail', 'error', 'fixableBy'],
    properties: {
      type: { enum: problemTypes },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string', description: 'What happened' },
      error: { type: 'string', description: 'What happened and what to do next, in one' },
      next: { type: 'string', description: 'What to do next and who can do it' },
      fixableBy: { enum: ['agent', 'owner', 'operator', 'wait'] },
      fields: {
        type: 'array',
        items: {
          type: 'object',
          properties: { field: { type: 'string' }, message: { type: 'string' } },
        },
      },
      retryAfterSeconds: { type: 'number' },
      auditId: { type: 'string' },
      requestId: { type: 'string' },
    },
  }
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const made = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' })
  const { $schema: _, ...rest } = made as Json
  return rest
}

const pick = (from: Record<string, Json>, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, from[name] ?? {}]))
