import type { HttpBinding, JsonSchema } from '@sallyport/contracts'
import { createJsonTextState } from '../../template/json-text-state.ts'
import { parseTemplate } from '../../template/parse-template.ts'
import { TemplateFault } from '../../template/template.ts'
import { quoteName } from '../refuse-document.ts'
import { partsOfTemplate } from '../yaml-tools/template-parts.ts'
import { refuseTool } from '../yaml-tools/tool-refused.ts'
import { isScalar } from './argument-items.ts'
import type { HigressArgument } from './higress-types.ts'
import { fillTemplate, refuseSecret, type ToolContext } from './tool-context.ts'

type Body = NonNullable<HttpBinding['body']>

const jsonType = 'application/json; charset=utf-8'
const formType = 'application/x-www-form-urlencoded'

/** What a body is made from beside the tool itself. */
export interface BodyFacts {
  readonly contentType: string | undefined
  /** Arguments that go into the body: by their position, or because all do that have none. */
  readonly members: readonly HigressArgument[]
  readonly to: 'json' | 'form' | undefined
  readonly schemas: Readonly<Record<string, JsonSchema>>
}

/**
 * The body of a request template; undefined where it has none.
 * @throws ToolRefused for a template that cannot be used, and where it is JSON with no arguments at all
 */
export function buildBody(facts: BodyFacts, context: ToolContext): Body | undefined {
  const template = context.tool.request?.body
  if (template !== undefined) return templateBody(template, facts, context)
  const { contentType, members, to } = facts
  if (to === undefined && members.length === 0) return undefined
  if (to !== 'json' && /multipart\/form-data/i.test(contentType ?? '')) {
    const fields = members.map(fieldOf)
    return { kind: 'multipart', contentType: 'multipart/form-data', fields }
  }
  const isForm =
    to === 'form' || (to === undefined && /x-www-form-urlencoded/i.test(contentType ?? ''))
  if (isForm) return { kind: 'form', fields: members.map(fieldOf) }
  const isJson = contentType !== undefined && /json/i.test(contentType)
  return {
    kind: 'json',
    contentType: isJson ? contentType : jsonType,
    from: { members: members.map(({ name }) => ({ name, argument: [name] })) },
  }
}

function fieldOf(argument: HigressArgument) {
  const { name } = argument
  const plain = { name, argument: [name], style: 'form' as const, explode: false }
  return isScalar(argument) ? plain : { ...plain, contentType: 'application/json' }
}

function templateBody(template: string, facts: BodyFacts, context: ToolContext): Body {
  const parts = fillTemplate(template, 'the body', context)
  for (const part of parts) {
    if ('secret' in part) refuseSecret([part.secret], 'the body', context)
    if ('secrets' in part) refuseSecret(part.secrets, 'the body', context)
  }
  // Constants stay as `.config`: what they yield is escaped for its place like everything else.
  for (const read of parseTemplate(template).reads) {
    const [, root, name = '', more] = read.split('.')
    if (root !== 'config') continue
    if (more !== undefined)
      refuseTool(`The body reads ${context.nameOf(`${name}.${more}`)}, which is nested.`)
    context.constants.set(name, context.config.get(name)?.text ?? '')
  }
  const { place, contentType } = kindOf(template, facts, context)
  if (place === 'json') checkJson(template, facts, context)
  return { kind: 'template', contentType, template, escape: place }
}

function kindOf(
  template: string,
  { contentType }: BodyFacts,
  { args, changes }: ToolContext,
): { place: 'json' | 'form' | 'text'; contentType: string } {
  if (contentType !== undefined) {
    if (/json/i.test(contentType)) return { place: 'json', contentType }
    return { place: /x-www-form-urlencoded/i.test(contentType) ? 'form' : 'text', contentType }
  }
  const [only, more] = partsOfTemplate(template.trim(), 'the body')
  const path = only !== undefined && 'path' in only && more === undefined ? only.path : undefined
  const argument = path?.[0] === 'args' && path.length === 2 ? args.get(path[1] ?? '') : undefined
  if (
    /^\s*(?:[[{](?!\{)|\{\{[^}]*toJson)/.test(template) ||
    (argument !== undefined && !isScalar(argument))
  ) {
    return { place: 'json', contentType: jsonType }
  }
  if (/^\s*[\w.[\]-]+=/.test(template)) {
    changes.add('Its body is sent as a form, since it looks like one.')
    return { place: 'form', contentType: formType }
  }
  return { place: 'text', contentType: 'text/plain; charset=utf-8' }
}

/** Tried with arguments of the kinds that it takes: all of them, and those alone that it has to be given. */
function checkJson(template: string, { schemas }: BodyFacts, context: ToolContext): void {
  const all = [...context.args.values()]
  const whole = faultWith(template, all, { schemas, context })
  const always = all.filter(({ required, schema }) => required || schema.default !== undefined)
  const least = faultWith(template, always, { schemas, context })
  if (whole !== undefined && least !== undefined) refuseTool(`Its body is no JSON. ${whole}`)
  if (whole !== undefined)
    context.changes.add('With all its arguments its body is no JSON: such a call is refused.')
  if (least !== undefined) {
    context.changes.add(
      'With only the arguments that it needs its body is no JSON: such a call is refused.',
    )
  }
  noteOpenTexts(template, context)
}

function faultWith(
  template: string,
  args: readonly HigressArgument[],
  { schemas, context }: { readonly schemas: BodyFacts['schemas']; readonly context: ToolContext },
): string | undefined {
  const scope: Record<string, unknown> = Object.create(null)
  for (const { name } of args) scope[name] = sampleOf(schemas[name] ?? {})
  const world = { now: () => 0, randomBytes: (size: number) => new Uint8Array(size) }
  try {
    parseTemplate(template).render(
      { args: scope, config: Object.fromEntries(context.constants) },
      'json',
      world,
    )
    return undefined
  } catch (thrown) {
    if (thrown instanceof TemplateFault) return thrown.message
    throw thrown
  }
}

function sampleOf({ type, enum: choices, default: fallback }: JsonSchema): unknown {
  if (fallback !== undefined) return fallback
  if (Array.isArray(choices) && choices.length > 0) return choices[0]
  const [first] = Array.isArray(type) ? type : [type]
  const samples: Readonly<Record<string, unknown>> = {
    integer: 1,
    number: 1.5,
    boolean: true,
    array: ['a'],
    object: { a: 1 },
  }
  return samples[String(first)] ?? 'a'
}

/** Text outside of quotes is written as a JSON string; in Higress it would go out as it is. */
function noteOpenTexts(template: string, { args, changes }: ToolContext): void {
  const state = createJsonTextState()
  for (const part of partsOfTemplate(template, 'the body')) {
    if ('text' in part) state.feed(part.text)
    else if (
      part.path?.[0] === 'args' &&
      part.path.length === 2 &&
      state.position() === 'outside'
    ) {
      const argument = args.get(part.path[1] ?? '')
      const type = argument?.schema.type ?? 'string'
      if (argument === undefined || !/^(?:string|str|text)$/i.test(String(type))) continue
      changes.add(
        `The argument ${quoteName(argument.name)} stands in the body without quotes: it is sent as a JSON string. Say fromJson where it holds JSON.`,
      )
    }
  }
}
