import { type ArgumentValue, valueAt } from '../argument-value.ts'
import type { CallFacts } from '../call-facts.ts'
import { encodeForm } from '../percent-encode.ts'
import { createSpillGuard } from '../refuse-spilled.ts'
import type { RenderTemplate } from '../render-template.ts'
import { type Pair, writePairs } from '../write-style.ts'
import { type FormBody, type FormField, restMembers } from './form-pairs.ts'

/**
 * A body of application/x-www-form-urlencoded (WHATWG URL §5); empty where nothing was given.
 * @throws Problem `invalid-arguments`
 */
export function writeForm(
  body: Extract<FormBody, { kind: 'form' }>,
  facts: CallFacts,
  render: RenderTemplate,
): string {
  const guard = createSpillGuard(body.fields.map(({ name }) => name))
  const texts: string[] = []
  for (const field of body.fields) {
    if ('value' in field) {
      texts.push(`${encodeForm(field.name)}=${encodeForm(field.value)}`)
    } else if ('template' in field) {
      const text = render(field.template, 'form', facts)
      if (text !== '' || field.optional !== true) texts.push(`${encodeForm(field.name)}=${text}`)
    } else {
      const pairs = pairsOf(valueAt(facts.args, field.argument), field)
      guard(pairs, field)
      texts.push(...pairs.map(writePair))
    }
  }
  for (const [name, value] of restMembers(body, facts.args)) {
    const argument = [...(body.rest?.argument ?? []), name]
    const asJson = !Array.isArray(value) && typeof value === 'object'
    const contentType = asJson ? 'application/json' : undefined
    const pairs = pairsOf(value, { name, argument, style: 'form', explode: true, contentType })
    texts.push(...pairs.map(writePair))
  }
  return texts.join('&')
}

type StyledField = Extract<FormField, { argument: string[] }>

const writePair = ({ name, value }: Pair): string => `${name}=${value}`

function pairsOf(
  value: ArgumentValue | undefined,
  field: Omit<StyledField, 'file'>,
): readonly Pair[] {
  if (value === undefined || value === null) return []
  const isWhole = field.contentType !== undefined && typeof value === 'object'
  if (isWhole) {
    return [{ name: encodeForm(field.name), value: encodeForm(JSON.stringify(value)) }]
  }
  return writePairs(value, {
    path: field.argument,
    name: field.name,
    style: field.style,
    explode: field.explode,
    encodeName: encodeForm,
    encode: encodeForm,
  })
}
