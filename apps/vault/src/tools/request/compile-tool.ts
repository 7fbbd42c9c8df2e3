import {
  type HttpBinding,
  type HttpToolDefinition,
  Problem,
  type ToolDefinition,
} from '@sallyport/contracts'
import canonicalize from 'canonicalize'
import { urlBytesMax } from '../../execute/canonical-url.ts'
import { createAnswerShaper } from '../response/shape-answer.ts'
import type { ArgumentObject } from './argument-value.ts'
import { writeBody } from './body/write-body.ts'
import { buildCall, type CallDefinition, refuseOwn } from './build-call.ts'
import type { CallFacts } from './call-facts.ts'
import { createArgumentCheck } from './check-arguments.ts'
import type { BuiltRequest, CompiledTool } from './compiled-tool.ts'
import { refuseArgument } from './refuse-arguments.ts'
import { createRenderTemplate, type RenderTemplate } from './render-template.ts'
import type { CheckArguments } from './schema/compile-schema.ts'
import { writeCookies } from './write-cookies.ts'
import { ownHeaderItems, writeHeaders } from './write-headers.ts'
import { writePath } from './write-path.ts'
import { writeQuery } from './write-query.ts'

// The room for requests of tools: from a definition and a call's arguments to one request, which then goes the way of all
// requests. Origin, method, the number of path segments and the names of headers are the definition's alone.

/** How many schemas stay compiled, the last ones used: some 50 to 300 KB each, and 5 to 100 ms to compile again. */
const schemasMax = 300

/**
 * Makes tools ready for calls. Cheap: schema and templates are compiled when a call first needs them. Says nothing of whether
 * a definition can be called: `build` does.
 * @returns a function of a definition and its digest: another definition has another
 */
export function createToolCompiler(): CompileTool {
  const kept = new Map<string, CheckArguments>()
  const checkOf = ({ inputSchema }: ToolDefinition, digest: string) =>
    createArgumentCheck(inputSchema, (compile) => {
      const check = kept.get(digest) ?? compile()
      kept.delete(digest)
      kept.set(digest, check)
      const [oldest] = kept.keys()
      if (kept.size > schemasMax && oldest !== undefined) kept.delete(oldest)
      return check
    })
  function compile(definition: HttpToolDefinition, digest: string): CompiledTool<BuiltRequest>
  function compile(definition: ToolDefinition, digest: string): CompiledTool
  function compile(definition: ToolDefinition, digest: string): CompiledTool {
    const check = checkOf(definition, digest)
    return isRequest(definition)
      ? readyTool(definition, check)
      : readyCall(definition as CallDefinition, check)
  }
  return compile
}

/** Makes a definition ready; of an HTTP request it is known what comes of it. */
interface CompileTool {
  (definition: HttpToolDefinition, digest: string): CompiledTool<BuiltRequest>
  (definition: ToolDefinition, digest: string): CompiledTool
}

const isRequest = (definition: ToolDefinition): definition is HttpToolDefinition =>
  definition.binding.kind === 'http'

/** The same for one tool by itself. */
export const compileTool = (definition: HttpToolDefinition): CompiledTool<BuiltRequest> =>
  createToolCompiler()(definition, '')

type Check = ReturnType<typeof createArgumentCheck>

/** What is no HTTP request: nothing but its arguments goes into it, and its answer stays as it is. */
const readyCall = (definition: CallDefinition, check: Check): CompiledTool => {
  const checked = (args: Readonly<Record<string, unknown>>) => {
    refuseOwn(definition, args)
    return check(args)
  }
  return {
    build: (args, _world, { caller } = {}) => buildCall(definition, checked(args), caller),
    canonicalArguments: (args) => writeCanonical(checked(args)),
    credential: 'connection',
  }
}

function readyTool(definition: HttpToolDefinition, check: Check): CompiledTool<BuiltRequest> {
  const { binding } = definition
  const render = createRenderTemplate()
  return {
    build: (args, world, { allowEncodedSlash = false } = {}) => {
      const config = binding.config ?? {}
      return buildRequest(binding, { args: check(args), config, world, allowEncodedSlash }, render)
    },
    canonicalArguments: (args) => writeCanonical(check(args)),
    credential: binding.credential,
    shapeAnswer: createAnswerShaper(definition),
  }
}

function buildRequest(
  binding: HttpBinding,
  facts: CallFacts,
  render: RenderTemplate,
): BuiltRequest {
  const path = writePath(binding.path, facts, render)
  const query = writeQuery(binding.query, facts, render)
  const url = `${binding.origin}${path}${query === '' ? '' : `?${query}`}`
  if (url.length > urlBytesMax)
    refuseArgument([], `would make a URL of more than ${urlBytesMax} bytes`)
  const items = ownHeaderItems(binding.headers)
  const headers = writeHeaders(items, facts, render)
  const cookie = writeCookies(binding.cookies, facts, render)
  if (cookie !== undefined) headers.cookie = cookie
  const written = binding.body && writeBody(binding.body, facts, render)
  if (written?.contentType !== undefined) headers['content-type'] ??= written.contentType
  // A body that says what it is, and whose boundary only it knows, has no other type.
  else if (written !== undefined) delete headers['content-type']
  const names = items.map(({ name }) => name.toLowerCase())
  if (binding.cookies.length > 0) names.push('cookie')
  return {
    method: binding.method,
    url,
    headers,
    ...(written !== undefined && { body: written.body }),
    ownHeaders: [...new Set(names)],
  }
}

function writeCanonical(args: ArgumentObject): string {
  const text = canonicalize(args)
  if (text === undefined) throw new Problem('invalid-arguments')
  return text
}
