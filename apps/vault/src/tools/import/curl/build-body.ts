import type { FormField, JsonSchema, RequestBodyBinding } from '@sallyport/contracts'
import { isKeyPair, pairsOf, schemaOfPair } from './build-query.ts'
import { type OnSecret, schemaOfJson, schemaOfText } from './example-schema.ts'
import { hasKnownPrefix, isSecret } from './known-secrets.ts'
import { type CurlRequest, type FormPart, refuseCommand } from './read-request.ts'
import type { ToolArguments } from './tool-arguments.ts'
import { isOpen } from './variable-marks.ts'

interface BuiltBody {
  readonly body?: RequestBodyBinding | undefined
  /** What is sent otherwise than the command says, in sentences. */
  readonly changes: readonly string[]
}

const formType = 'application/x-www-form-urlencoded'
const jsonType = /^application\/(?:[\w.+-]+\+)?json\b/i

/** The body of a tool: one argument, `body`, whose schema is that of the command's own body. */
export function buildBody(
  { data, form, isJson }: Pick<CurlRequest, 'data' | 'form' | 'isJson'>,
  declared: string | undefined,
  { args, onSecret }: { readonly args: ToolArguments; readonly onSecret: OnSecret },
): BuiltBody {
  if (declared !== undefined && isOpen(declared)) refuseCommand('its content type is not known')
  if (form.length > 0) return { body: multipart(form, args, onSecret), changes: [] }
  if (data.length === 0) return { changes: [] }
  const text = isJson ? data.join('') : data.join('&')
  const contentType = declared ?? (isJson ? 'application/json' : formType)
  if (jsonType.test(contentType)) return json(text, contentType, { args, onSecret })
  if (!contentType.toLowerCase().startsWith(formType)) {
    return { body: raw(text, contentType, { args, onSecret }), changes: [] }
  }
  const isJsonByMistake =
    declared === undefined && parseJson(text) !== undefined && /^\s*[{[]/.test(text)
  if (!isJsonByMistake) return { body: formBody(data, args, onSecret), changes: [] }
  const read = json(text, 'application/json', { args, onSecret })
  return {
    ...read,
    changes: ['Its body is JSON, and is sent as application/json; curl would call it a form.'],
  }
}

interface Into {
  readonly args: ToolArguments
  readonly onSecret: OnSecret
}

function json(text: string, contentType: string, { args, onSecret }: Into): BuiltBody {
  const parsed = parseJson(text)
  if (parsed === undefined) {
    if (isOpen(text)) {
      const argument = [args.add('body', 'body', { description: 'The body, as JSON.' })]
      return { body: { kind: 'json', contentType, from: { argument } }, changes: [] }
    }
    return {
      body: raw(text, contentType, { args, onSecret }),
      changes: ['Its body says that it is JSON and is none, so it is taken as text.'],
    }
  }
  const schema = schemaOfJson(parsed.value, (where, value) => onSecret(`the body, ${where}`, value))
  const argument = [args.add('body', 'body', schema)]
  return { body: { kind: 'json', contentType, from: { argument } }, changes: [] }
}

/** JSON in which variables may stand where values do: `{"count": $COUNT}`. */
function parseJson(text: string): { readonly value: unknown } | undefined {
  const quoted = text.replaceAll(
    /"(?:\\[\s\S]|[^"\\])*"|(\uE000[^\uE001]*\uE001)/g,
    (all: string, mark?: string) => (mark === undefined ? all : `"${mark}"`),
  )
  try {
    return { value: JSON.parse(quoted) as unknown }
  } catch {
    return undefined
  }
}

const textCharsMax = 2000
/** XML and the like: what stands beside such a name is not looked for, and is no example for agents. */
const namesSecret =
  /pass(?:word|wd|phrase|code)|secret|token|api[-_ ]?key|access[-_ ]?key|credential/i

function raw(text: string, contentType: string, { args, onSecret }: Into): RequestBodyBinding {
  const isKey = hasKnownPrefix(text)
  if (isKey) onSecret('the body', text)
  const hides = isKey || namesSecret.test(text)
  const example = isOpen(text) || hides || text.length > textCharsMax ? {} : { examples: [text] }
  const argument = [
    args.add('body', 'body', {
      type: 'string',
      description: `The body, as ${contentType}.`,
      ...example,
    }),
  ]
  return { kind: 'raw', contentType: contentType.slice(0, 200), argument }
}

/** What no field of a form is called here: a form with such a field is taken as its text. */
const isNameless = (name: string): boolean => isOpen(name) || name === '' || name.length > 200

function formBody(
  data: readonly string[],
  args: ToolArguments,
  onSecret: OnSecret,
): RequestBodyBinding {
  const pairs = pairsOf(data)
  const [only] = pairs
  if (pairs.length === 1 && only?.isBare === true)
    return raw(only.name, formType, { args, onSecret })
  if (pairs.some(({ name }) => isNameless(name)))
    return raw(data.join('&'), formType, { args, onSecret })
  const schemas = pairs.map((pair): [string, JsonSchema] => {
    if (!isKeyPair(pair)) return [pair.name, schemaOfPair(pair)]
    const [value = ''] = pair.values
    if (!isOpen(value)) onSecret(`the body, ${pair.name}`, value)
    return [pair.name, { type: 'string' }]
  })
  const body = args.add('body', 'body', objectOf(schemas))
  const fields = pairs.map(
    ({ name }): FormField => ({ name, argument: [body, name], style: 'form', explode: true }),
  )
  return { kind: 'form', fields }
}

function multipart(
  form: readonly FormPart[],
  args: ToolArguments,
  onSecret: OnSecret,
): RequestBodyBinding {
  const byName = new Map<string, FormPart[]>()
  for (const part of form) byName.set(part.name, [...(byName.get(part.name) ?? []), part])
  if ([...byName.keys()].some((name) => isNameless(name))) {
    refuseCommand('the name of a field of its form is not known')
  }
  const schemas = [...byName].map(([name, parts]): [string, JsonSchema] => {
    const one = schemaOfPart(parts[0], onSecret)
    return [name, parts.length === 1 ? one : { type: 'array', items: one }]
  })
  const body = args.add('body', 'body', objectOf(schemas))
  const fields = [...byName].map(([name, [part]]): FormField => {
    const contentType = part?.contentType
    return {
      ...{ name, argument: [body, name], style: 'form', explode: true },
      ...(part?.file !== undefined && { file: true }),
      ...(contentType !== undefined &&
        !isOpen(contentType) && { contentType: contentType.slice(0, 200) }),
    }
  })
  return { kind: 'multipart', contentType: 'multipart/form-data', fields }
}

function schemaOfPart(part: FormPart | undefined, onSecret: OnSecret): JsonSchema {
  const { name = '', value = '', file } = part ?? {}
  if (file !== undefined) {
    return {
      description: `A file, such as ${file.slice(0, 100)}: its text, or its bytes in base64.`,
      anyOf: [
        { type: 'string' },
        {
          type: 'object',
          properties: {
            $base64: { type: 'string' },
            contentType: { type: 'string' },
            filename: { type: 'string' },
          },
          required: ['$base64'],
          additionalProperties: false,
        },
      ],
    }
  }
  if (!isOpen(value) && isSecret(name, value)) {
    onSecret(`-F ${name}`, value)
    return { type: 'string' }
  }
  return schemaOfText(name, value)
}

const objectOf = (schemas: readonly [string, JsonSchema][]): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(schemas),
  required: schemas.map(([name]) => name),
  additionalProperties: false,
})
