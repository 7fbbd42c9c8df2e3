import type { HttpBinding } from '@sallyport/contracts'
import { encodeAll } from '../../template/percent-encode.ts'
import { isList, isObject } from '../read-document.ts'
import { quoteName } from '../refuse-document.ts'
import { joinTemplate } from './joined-lists.ts'
import { refuseOperation } from './operation-refused.ts'
import { joinTexts, type PathTemplate } from './path-template.ts'
import type { Parameter } from './read-parameters.ts'
import type { References } from './references.ts'

/** A parameter with the name of its argument, or with the one value that it can have. */
export interface NamedParameter extends Parameter {
  readonly argument: string
  readonly constant: string | undefined
}

type Bound = Pick<HttpBinding, 'path' | 'query' | 'headers' | 'cookies'>

/**
 * Writes where each parameter goes.
 * @throws OperationRefused for a place or a style that cannot be written
 */
export function bindParameters(
  parameters: readonly NamedParameter[],
  template: PathTemplate,
): { readonly bound: Bound; readonly changes: readonly string[] } {
  const changes: string[] = []
  const of = (place: Parameter['place']) => parameters.filter((one) => one.place === place)
  const query = [...of('query'), ...of('querystring')].map((one) => bindQuery(one, changes))
  const headers = of('header').map((one) => bindHeader(one))
  return {
    bound: {
      path: bindPath(of('path'), template),
      query,
      headers,
      cookies: of('cookie').map((one) => bindCookie(one)),
    },
    changes,
  }
}

function bindPath(parameters: readonly NamedParameter[], template: PathTemplate): Bound['path'] {
  const pieces = template.pieces.map((piece): Bound['path'][number] => {
    if ('text' in piece) return piece
    const parameter = parameters.find(({ name }) => name === piece.parameter)
    // Whoever calls has given each place of the path a parameter.
    if (parameter === undefined) return refuseOperation('Its path has a place without a parameter.')
    const { constant, argument, explode = false, style = 'simple', asJson } = parameter
    if (constant !== undefined) return { text: writeConstant(parameter, constant) }
    refuseTabs(parameter)
    const joined = joinTemplate(style, [argument])
    if (joined !== undefined) return { template: joined }
    if (style !== 'simple' && style !== 'label' && style !== 'matrix') {
      return refuseOperation(
        `The path parameter ${quoteName(parameter.name)} has the style ${quoteName(style)}, which no path has.`,
      )
    }
    // A matrix parameter has its name in the path: `;color=blue`.
    const own = style === 'matrix' && argument !== parameter.name && { name: parameter.name }
    return { argument: [argument], explode, style, ...own, ...(asJson && jsonContent) }
  })
  return joinTexts(pieces)
}

const jsonContent = { contentType: 'application/json' } as const

/** Controls are sent neither in a path nor in a header (S-11, S-19). */
function refuseTabs({ name, place, style }: Parameter): void {
  if (style !== 'tabDelimited') return
  refuseOperation(
    `The ${place} parameter ${quoteName(name)} is a list with tabs between its items, and the vault sends none there.`,
  )
}

/** A constant of a path is one segment, or a part of one, written as its style writes any text. */
function writeConstant({ name, style }: Parameter, text: string): string {
  if (text === '' || text === '.' || text === '..' || text.includes('/')) {
    refuseOperation('A constant of its path would change its segments.')
  }
  const escaped = encodeAll(text)
  if (style === 'matrix') return `;${encodeAll(name)}=${escaped}`
  return style === 'label' ? `.${escaped}` : escaped
}

const queryStyles = ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'] as const

function bindQuery(parameter: NamedParameter, changes: string[]): Bound['query'][number] {
  const { name, constant, argument, asJson, place } = parameter
  if (constant !== undefined) return { name, value: constant }
  const { allowReserved, allowEmptyValue } = parameter
  if (place === 'querystring') return { name, argument: [argument], style: 'form', explode: true }
  const style = queryStyles.find((one) => one === (parameter.style ?? 'form'))
  const joined = joinTemplate(parameter.style, [argument])
  if (joined !== undefined) return { name, template: joined, optional: true }
  if (style === undefined) {
    changes.push(
      `The query parameter ${quoteName(name)} has the style ${quoteName(parameter.style ?? '')}, which no query has; it is written as “form”.`,
    )
  }
  const written = style ?? 'form'
  const explode = parameter.explode ?? (written === 'form' || written === 'deepObject')
  return {
    ...{ name, argument: [argument], explode, style: written },
    ...(asJson && jsonContent),
    ...(allowReserved && { allowReserved }),
    ...(allowEmptyValue && { allowEmptyValue }),
  }
}

function bindHeader(parameter: NamedParameter): Bound['headers'][number] {
  const { name, constant, argument, explode = false, asJson } = parameter
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(name)) {
    refuseOperation(`The header parameter ${quoteName(name)} has a name that no header has.`)
  }
  if (constant !== undefined) return { name, value: constant }
  refuseTabs(parameter)
  const joined = joinTemplate(parameter.style, [argument])
  if (joined !== undefined) return { name, template: joined, optional: true }
  return { name, argument: [argument], explode, ...(asJson && jsonContent) }
}

function bindCookie(parameter: NamedParameter): Bound['cookies'][number] {
  const { name, constant, argument, explode = true, asJson } = parameter
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/.test(name)) {
    refuseOperation(`The cookie parameter ${quoteName(name)} has a name that no cookie has.`)
  }
  // Cookies are percent-encoded, whoever gives them.
  if (constant !== undefined) return { name, value: encodeAll(constant) }
  return { name, argument: [argument], explode, ...(asJson && jsonContent) }
}

const constantCharsMax = 500

/** The one value that a required parameter can have: then nobody needs to give it. */
export function constantOf(parameter: Parameter, references: References): string | undefined {
  if (parameter.fixed !== undefined) return parameter.fixed
  // A constant is escaped as a whole, and what may keep its reserved characters is not.
  if (!parameter.required || parameter.asJson || parameter.allowReserved) return undefined
  const { value: schema } = references.follow(parameter.schema)
  if (!isObject(schema)) return undefined
  const [only] = isList(schema.enum) && schema.enum.length === 1 ? schema.enum : [schema.const]
  if (typeof only !== 'string' && typeof only !== 'number' && typeof only !== 'boolean') {
    return undefined
  }
  if (schema.nullable === true || isList(schema.type) || schema.type === 'array') return undefined
  const text = String(only)
  return text.length > constantCharsMax || !/^[\x20-\x7e]*$/.test(text) ? undefined : text
}
