import {
  type HttpBinding,
  type HttpToolDefinition,
  httpMethods,
  type JsonSchema,
  Problem,
} from '@sallyport/contracts'
import { parseCanonicalUrl } from '../../../execute/canonical-url.ts'
import type { ImportedSecret, ImportedTool } from '../imported-toolset.ts'
import { type Data, type DataObject, isObject } from '../read-document.ts'
import { quoteName } from '../refuse-document.ts'
import { toKey } from '../tool-names.ts'
import { bodyArgument, createArgumentNames } from './argument-names.ts'
import { bindParameters, constantOf, type NamedParameter } from './bind-parameters.ts'
import { describeArguments } from './describe-arguments.ts'
import { annotate, describe, nameOf, readTags, shownPath } from './describe-operation.ts'
import { OperationRefused, refuseOperation } from './operation-refused.ts'
import { parsePathTemplate } from './path-template.ts'
import { placeInPath, placeInQuery } from './place-in-path.ts'
import { planAnswer } from './plan-answer.ts'
import { type BodyPlan, planBody } from './plan-body.ts'
import { type Parameter, readParameters } from './read-parameters.ts'
import type { References } from './references.ts'
import { cutText } from './schema/schema-annotations.ts'
import { fitDetail, type OpenScope, schemaDetails } from './schema/schema-scope.ts'
import type { SecurityPlan } from './security/security-plan.ts'
import type { Base, ChosenServers } from './servers.ts'
import { sortParameters } from './sort-parameters.ts'

/** One operation where it stands. */
export interface Operation {
  readonly method: string
  readonly path: string
  readonly pathItem: DataObject
  readonly source: Data | undefined
}

/** What is known of the whole document. */
export interface ToolWorld {
  readonly references: References
  readonly openScope: OpenScope
  readonly security: SecurityPlan
  readonly servers: ChosenServers
}

export interface MadeTool {
  readonly tool: ImportedTool
  readonly secrets: readonly ImportedSecret[]
  readonly isAnswerCut: boolean
}

/** The largest schema of a tool’s arguments: about 50 KB of JSON. */
const weightMax = 1500

/** Makes a tool of an operation; one that cannot be made says why. */
export function makeTool(operation: Operation, world: ToolWorld): MadeTool {
  const { method, source } = operation
  const path = shownPath(operation.path)
  const key = toKey(`${method} ${path}`)
  const refused = (reason: string): MadeTool => ({
    tool: {
      outcome: 'refused',
      reason,
      key,
      description: isObject(source) ? describe(source).description : '',
      method,
      url: cutText(`${world.servers.base.origin}${world.servers.base.path}${path}`, 2000),
    },
    secrets: [],
    isAnswerCut: false,
  })
  try {
    return make(operation, { ...world, key })
  } catch (thrown) {
    if (thrown instanceof OperationRefused) return refused(thrown.message)
    // Schemas inside each other as deep as a document may be, many times over.
    if (thrown instanceof RangeError) return refused('Its schemas are nested too deeply.')
    throw thrown
  }
}

function make(operation: Operation, world: ToolWorld & { readonly key: string }): MadeTool {
  const { references, security, openScope, key } = world
  const { pathItem, source } = operation
  const method = checkMethod(operation.method)
  if (!isObject(source)) return refuseOperation('It is no object.')
  if (typeof source.$ref === 'string') {
    return refuseOperation(references.lookUp(source.$ref).fault ?? 'Its $ref leads to itself.')
  }
  const changes: string[] = []
  const { credential, other } = security.decide(source.security)
  const base = world.servers.baseOf(ownServers(pathItem, source))
  if (other !== undefined) {
    const asks = `It asks for ${quoteName(other)}`
    if (base.origin !== world.servers.base.origin) {
      refuseOperation(
        `${asks} at a server of its own, ${base.origin}: make another toolset for it.`,
      )
    }
    changes.push(`${asks}; the credential goes on as a bearer token all the same.`)
  }
  const all = readParameters([pathItem.parameters, source.parameters], references)
  const whole = placeInQuery(all, parsePathTemplate(base.path, operation.path))
  const sorted = sortParameters(whole.parameters, { security, key })
  changes.push(...sorted.changes)
  const placed = placeInPath(sorted.kept, whole.template, changes)
  const named = nameArguments(placed.parameters, references)
  const body = planBody(source.requestBody, { method, references, changes })
  const { bound, changes: written } = bindParameters(named, placed.template)
  changes.push(...written)
  const inputSchema = fitInput({ named, body, openScope, changes })
  const answer = planAnswer(source.responses, world)
  checkPath(base, bound.path)
  const headers = [...bound.headers]
  const sendsAccept = headers.some(({ name }) => name.toLowerCase() === 'accept')
  if (answer.accept !== undefined && !sendsAccept) {
    headers.push({ name: 'accept', value: answer.accept })
  }
  const definition: HttpToolDefinition = {
    name: nameOf(source, operation),
    ...describe(source),
    inputSchema,
    ...(answer.outputSchema !== undefined && { outputSchema: answer.outputSchema }),
    annotations: annotate(method),
    binding: {
      ...{ kind: 'http', method, origin: base.origin, ...bound, headers },
      ...(body !== undefined && { body: body.binding }),
      credential,
    },
    key,
    ...readTags(source.tags),
    ...(source.deprecated === true && { deprecated: true }),
  }
  const reason = changes.slice(0, 12).join(' ')
  return {
    tool:
      reason === ''
        ? { outcome: 'taken', definition }
        : { outcome: 'changed', reason: cutText(reason, 2000), definition },
    secrets: sorted.secrets,
    isAnswerCut: answer.isCut,
  }
}

/** The servers that an operation has of its own, or its path. */
export const ownServers = (pathItem: DataObject, source: Data | undefined): Data | undefined =>
  (isObject(source) ? source.servers : undefined) ?? pathItem.servers

function checkMethod(method: string): HttpBinding['method'] {
  const found = httpMethods.find((one) => one === method)
  if (found !== undefined && found !== 'HEAD') return found
  return refuseOperation(
    method === 'HEAD'
      ? 'HEAD answers nothing that a tool could read.'
      : `The vault sends no ${method.slice(0, 40)} requests.`,
  )
}

const placeOrder: readonly Parameter['place'][] = [
  'path',
  'query',
  'querystring',
  'header',
  'cookie',
]

function nameArguments(
  parameters: readonly Parameter[],
  references: References,
): readonly NamedParameter[] {
  const nameFor = createArgumentNames()
  return placeOrder.flatMap((place) =>
    parameters
      .filter((one) => one.place === place)
      .map((parameter) => {
        const constant = constantOf(parameter, references)
        const argument = constant === undefined ? nameFor(parameter.name, place) : ''
        return { ...parameter, argument, constant }
      }),
  )
}

interface Fitting {
  readonly named: readonly NamedParameter[]
  readonly body: BodyPlan | undefined
  readonly openScope: OpenScope
  readonly changes: string[]
}

/** The schema of all arguments, in as much detail as is not too large. */
function fitInput({ named, body, openScope, changes }: Fitting): JsonSchema {
  const given = named.filter(({ constant }) => constant === undefined)
  const fitted = fitDetail(schemaDetails, weightMax, (detail) => {
    const scope = openScope({ mode: 'input', detail, weightMax })
    const properties = describeArguments(given, scope)
    if (body !== undefined) properties[bodyArgument] = body.schemaIn(scope)
    return { weight: scope.weight(), made: () => ({ scope, properties }) }
  })
  if (fitted === undefined) return refuseOperation('The schema of its arguments is too large.')
  const { scope, properties } = fitted
  const required = given.filter((one) => one.required).map(({ argument }) => argument)
  if (body?.required === true) required.push(bodyArgument)
  const defs = scope.defs()
  changes.push(...scope.changes())
  if (scope.isCut()) {
    changes.push(
      'The deeper parts of its schema are left open, since all of it would be too large.',
    )
  }
  return {
    ...{ type: 'object', properties },
    ...(required.length > 0 && { required }),
    additionalProperties: false,
    ...(defs !== undefined && { $defs: defs }),
  }
}

/** The path with words in its places has to be one that the vault sends (S-11). */
function checkPath(base: Base, path: HttpBinding['path']): void {
  const sample = path.map((piece) => ('text' in piece ? piece.text : 'x')).join('')
  try {
    parseCanonicalUrl(`${base.origin === '' ? 'https://host.invalid' : base.origin}${sample}`, {
      schemes: ['https', 'http'],
      allowEncodedSlash: true,
      allowParameterSegments: true,
      placeholder: undefined,
    })
  } catch (thrown) {
    if (thrown instanceof Problem) refuseOperation(thrown.detail)
    throw thrown
  }
}
