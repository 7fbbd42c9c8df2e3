import { quoteName } from '../refuse-document.ts'
import type { PathTemplate, TemplatePair } from './path-template.ts'
import type { Parameter, Place } from './read-parameters.ts'

/** The parameters of an operation, each with a place in what is sent. */
interface PlacedParameters {
  readonly parameters: readonly Parameter[]
  readonly template: PathTemplate
}

/**
 * Makes query parameters of what stands behind the `?` of a path: `?a={b}` is the parameter `b`, sent as `a`, and `?a=b` one that
 * has that value always. What the document says beside of a parameter of that name is said of it.
 */
export function placeInQuery(
  parameters: readonly Parameter[],
  template: PathTemplate,
): PlacedParameters {
  if (template.query.length === 0) return { parameters, template }
  const used = new Set<Parameter>()
  const inQuery = template.query.map((pair): Parameter => {
    if ('value' in pair) {
      for (const one of declared(parameters, pair)) used.add(one)
      return fixed(pair)
    }
    const said = declared(parameters, pair)
    const isInPath = template.pieces.some(
      (piece) => 'parameter' in piece && piece.parameter === pair.parameter,
    )
    for (const one of said) if (one.place === 'query' || !isInPath) used.add(one)
    const own = said[0] ?? undescribed(pair.parameter)
    const style = own.place === 'path' ? undefined : own.style
    return { ...own, name: pair.name, place: 'query', style }
  })
  return {
    parameters: [...inQuery, ...parameters.filter((one) => !used.has(one))],
    template: { ...template, query: [] },
  }
}

/** What is said of a pair: by the parameter that it names, and by one of the name that it goes by. */
function declared(parameters: readonly Parameter[], pair: TemplatePair): readonly Parameter[] {
  const find = (name: string, place: Place) =>
    parameters.filter((one) => one.name === name && one.place === place)
  const bySent = find(pair.name, 'query')
  if ('value' in pair) return bySent
  return [...find(pair.parameter, 'path'), ...find(pair.parameter, 'query'), ...bySent]
}

/**
 * Sees to it that each place of the path has a parameter, and each path parameter a place.
 */
export function placeInPath(
  parameters: readonly Parameter[],
  template: PathTemplate,
  changes: string[],
): PlacedParameters {
  const inPath = new Map(
    parameters.filter(({ place }) => place === 'path').map((one) => [one.name, one]),
  )
  const used = new Map<string, Parameter>()
  const pieces = template.pieces.map((piece) => {
    if ('text' in piece) return piece
    // {proxy+} and {path*} of gateways are one segment here.
    const name = inPath.has(piece.parameter)
      ? piece.parameter
      : piece.parameter.replace(/^[+]|[+*]$/g, '')
    const own = inPath.get(name)
    if (own === undefined) {
      changes.push(
        `The path’s ${quoteName(piece.parameter)} is described nowhere; it is taken as a text.`,
      )
    }
    used.set(name, own ?? undescribed(name))
    return { parameter: name }
  })
  for (const { name, place } of parameters) {
    if (place === 'path' && !used.has(name)) {
      changes.push(
        `The path parameter ${quoteName(name)} is left out, since it has no place in the path.`,
      )
    }
  }
  const others = parameters.filter(({ place }) => place !== 'path')
  return { parameters: [...used.values(), ...others], template: { ...template, pieces } }
}

const undescribed = (name: string): Parameter => ({
  ...{ name, place: 'path', required: true, description: undefined, deprecated: false },
  ...{ schema: undefined, asJson: false, style: undefined, explode: undefined },
  ...{ allowReserved: false, allowEmptyValue: false, examples: [] },
})

const fixed = ({ name, value }: { readonly name: string; readonly value: string }): Parameter => ({
  ...undescribed(name),
  place: 'query',
  fixed: value,
})
