import { type BodyField, toField } from './body-field.ts'
import { stringNode } from './body-node.ts'
import type { PastRequest, PolicyRequest } from './decision.ts'
import { looseForms } from './loose-path.ts'
import type { PathSegments } from './path-pattern.ts'
import { type ReadBody, readBody } from './read-body.ts'
import type { Searched } from './searched.ts'
import type { NamedTool } from './tool-pattern.ts'

/** What rules look at. */
export interface RuleSubject {
  readonly method: string
  readonly origin: string
  readonly path: PathSegments
  /** The tool that it is a call of. */
  readonly tool: NamedTool | undefined
  /** What some servers take the path for. */
  readonly loosePaths: () => readonly PathSegments[]
  /** Undefined where not even the names are known. A parameter without a node has a value that is not known. */
  readonly query: () => readonly BodyField[] | undefined
  /** Read once, when a rule asks for it. `unknown`: there was one, and it is not kept. */
  readonly body: () => ReadBody | 'unknown'
  readonly searched: Searched | undefined
}

/** A request that is about to be sent. */
export function subjectOf(
  request: PolicyRequest,
  path: PathSegments,
  searched?: Searched,
): RuleSubject {
  let query: readonly BodyField[] | undefined
  let body: ReadBody | undefined
  let loosePaths: readonly PathSegments[] | undefined
  return {
    method: request.method,
    origin: request.origin,
    path,
    tool: request.tool,
    loosePaths: () => {
      loosePaths ??= looseForms(path)
      return loosePaths
    },
    query: () => {
      query ??= request.query.flatMap(fieldsOf)
      return query
    },
    body: () => {
      body ??= readBody(request)
      return body
    },
    searched,
  }
}

/** A parameter; where it holds `;`, also those that a server which cuts there makes of it. */
function fieldsOf([name, value]: readonly [string, string]): readonly BodyField[] {
  const field = toField(name, stringNode(value, 'loose'))
  if (!name.includes(';') && !value.includes(';')) return [field]
  const pieces = `${name}=${value}`.split(';').map((piece) => {
    const equals = piece.indexOf('=')
    const end = equals < 0 ? piece.length : equals
    return toField(piece.slice(0, end), stringNode(piece.slice(end + 1), 'loose'), false)
  })
  return [field, ...pieces]
}

/** What is known of a request of the past. */
export function pastSubject(request: PastRequest, path: PathSegments): RuleSubject {
  const query = request.queryNames?.map((name) => toField(name, undefined))
  return {
    method: request.method,
    origin: request.origin,
    path,
    tool: request.tool === 'unknown' ? undefined : request.tool,
    loosePaths: () => looseForms(path),
    query: () => query,
    body: () => (request.bodyBytes === 0 ? { kind: 'none' } : 'unknown'),
    searched: undefined,
  }
}
