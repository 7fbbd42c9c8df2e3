// Makes of an answer what a tool's response template says: what the agent reads in place of the body. Templates see the answer
// alone, scrubbed and filtered already, and never the arguments, constants or secrets of the request.
import type { HttpBinding, HttpToolDefinition } from '@sallyport/contracts'
import { parseTemplate } from '../template/parse-template.ts'
import {
  type Template,
  TemplateFault,
  type TemplateScope,
  type TemplateWorld,
} from '../template/template.ts'

type ResponseTemplate = NonNullable<HttpBinding['response']>

/** An answer as it is shaped: its body parsed, or as text, or `{ $base64, contentType }`. */
export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
}

export type ShapeAnswer = (answer: Answer, world: TemplateWorld) => unknown

/**
 * What becomes of a tool's answers; undefined where they stay as they are. The template is parsed when it is first needed. What
 * it yields is text, or JSON where the tool documents its output and the text is JSON. Where it cannot be applied, the agent
 * gets a note that says so and the answer itself: the upstream has acted, and what may not be seen is for the policy to say.
 */
export function createAnswerShaper({
  binding: { response },
  outputSchema,
}: Pick<HttpToolDefinition, 'binding' | 'outputSchema'>): ShapeAnswer | undefined {
  if (response === undefined || Object.keys(response).length === 0) return undefined
  const parsed = new Map<string, Template>()
  const render = (text: string, scope: TemplateScope, world: TemplateWorld): string => {
    const template = parsed.get(text) ?? parseTemplate(text)
    parsed.set(text, template)
    return template.render(scope, 'text', world)
  }
  const isStructured = outputSchema !== undefined
  return (answer, world) => {
    try {
      const text = shape(answer, response, (template, scope) => render(template, scope, world))
      return text === undefined ? answer.body : isStructured ? parsedOr(text) : text
    } catch (thrown) {
      if (!(thrown instanceof TemplateFault)) throw thrown
      return withNote(answer.body, thrown.message)
    }
  }
}

/** The text that an answer becomes; undefined where it stays as it is. */
function shape(
  { status, body, headers }: Answer,
  { body: template, error, prepend = '', append = '' }: ResponseTemplate,
  render: (template: string, scope: TemplateScope) => string,
): string | undefined {
  // Bytes are no text that a template could put anything around.
  if (isBinary(body)) return undefined
  if (status < 200 || status >= 300) {
    const text = error === undefined ? '' : render(error, errorScope({ status, body, headers }))
    return text === '' ? undefined : text
  }
  if (template !== undefined) return render(template, scopeOf(body))
  return prepend === '' && append === '' ? undefined : `${prepend}${textOf(body)}${append}`
}

const isBinary = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && Object.hasOwn(body, '$base64')

/** The dot of a template is the body, whatever it is: templates read values of any kind. */
const scopeOf = (body: unknown): TemplateScope => (body ?? {}) as TemplateScope

/** The members of the body, and `_headers` with the status as `:status`, as Higress has them. */
function errorScope({ status, body, headers }: Answer): TemplateScope {
  const scope: Record<string, unknown> = Object.create(null)
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) Object.assign(scope, body)
  else if (body !== undefined && body !== null && body !== '') scope.body = body
  scope._headers = { ...headers, ':status': String(status) }
  return scope
}

const textOf = (body: unknown): string => {
  if (body === undefined || body === null) return ''
  return typeof body === 'string' ? body : JSON.stringify(body)
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text // Then the tool yields text, whatever its document says of the output.
  }
}

const withNote = (body: unknown, fault: string): string =>
  `[The response template of this tool could not be applied: ${fault} The answer follows as it came.]\n\n${textOf(body)}`
