import { type BodyField, toField } from './body-field.ts'
import { stringNode } from './body-node.ts'
import type { PastRequest, PolicyRequest } from './decision.ts'
import type { PathSegments } from './path-pattern.ts'
import { type ReadBody, readBody } from './read-body.ts'

/** What rules look at. */
export interface RuleSubject {
  readonly method: string
  readonly origin: string
  readonly path: PathSegments
  /** Undefined where not even the names are known. A parameter without a node has a value that is not known. */
  readonly query: () => readonly BodyField[] | undefined
  /** Read once, when a rule asks for it. `unknown`: there was one, and it is not kept. */
  readonly body: () => ReadBody | 'unknown'
}

/** A request that is about to be sent. */
export function subjectOf(request: PolicyRequest, path: PathSegments): RuleSubject {
  let query: readonly BodyField[] | undefined
  let body: ReadBody | undefined
  return {
    method: request.method,
    origin: request.origin,
    path,
    query: () => {
      query ??= request.query.map(([name, value]) => toField(name, stringNode(value, 'loose')))
      return query
    },
    body: () => {
      body ??= readBody(request)
      return body
    },
  }
}

/** What is known of a request of the past. */
export function pastSubject(request: PastRequest, path: PathSegments): RuleSubject {
  const query = request.queryNames?.map((name) => toField(name, undefined))
  return {
    method: request.method,
    origin: request.origin,
    path,
    query: () => query,
    body: () => (request.bodyBytes === 0 ? { kind: 'none' } : 'unknown'),
  }
}
