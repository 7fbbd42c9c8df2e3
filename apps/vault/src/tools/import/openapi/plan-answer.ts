import type { JsonSchema } from '@sallyport/contracts'
import { type Data, type DataObject, isObject } from '../read-document.ts'
import { chooseMedia, essenceOf, isJsonType } from './media-types.ts'
import type { References } from './references.ts'
import { fitDetail, type OpenScope, schemaDetails } from './schema/schema-scope.ts'

/** What is known of an operation's answer. */
export interface AnswerPlan {
  /** What `accept` asks for: JSON, where the operation answers with it. */
  readonly accept: string | undefined
  readonly outputSchema: JsonSchema | undefined
  readonly isCut: boolean
}

/** The largest schema of an answer: it is a hint, and each list of tools carries it. */
const weightMax = 600
/** Answers are cut sooner than arguments: what lies deep in them is seen when it comes. */
const details = schemaDetails.filter(({ refsMax }) => refsMax !== 6 && refsMax !== 3)

/** Reads the lowest of the successful answers (OpenAPI 3.1 §4.8.16). */
export function planAnswer(
  responses: Data | undefined,
  { references, openScope }: { references: References; openScope: OpenScope },
): AnswerPlan {
  const nothing = { accept: undefined, outputSchema: undefined, isCut: false }
  const answer = findAnswer(responses, references)
  const content = answer?.content
  if (!isObject(content)) return nothing
  const json = Object.keys(content).filter((name) => isJsonType(essenceOf(name)))
  if (json.length === 0) return nothing
  const entry = chooseMedia(
    Object.fromEntries(json.slice(0, 20).map((name) => [name, content[name]])),
    references,
  )
  if (entry === undefined) return nothing
  const accept = /^[\x20-\x7e]{1,200}$/.test(entry.contentType) ? entry.contentType : undefined
  const plan = fitDetail(details, weightMax, (detail) => {
    const scope = openScope({ mode: 'output', detail, weightMax })
    const schema = scope.convert(entry.media.schema)
    // MCP takes objects alone (2025-06-18, Tool.outputSchema).
    const isObjectSchema = schema.type === 'object'
    return {
      weight: isObjectSchema ? scope.weight() : 0,
      made: (): AnswerPlan => {
        if (!isObjectSchema) return { ...nothing, accept }
        const defs = scope.defs()
        const outputSchema = defs === undefined ? schema : { ...schema, $defs: defs }
        return { accept, outputSchema, isCut: scope.isCut() }
      },
    }
  })
  return plan ?? { ...nothing, accept, isCut: true }
}

function findAnswer(responses: Data | undefined, references: References): DataObject | undefined {
  if (!isObject(responses)) return undefined
  const successful = Object.keys(responses)
    .filter((status) => /^2(?:\d\d|XX)$/i.test(status))
    .sort()
  for (const status of [...successful, 'default']) {
    const { value } = references.follow(responses[status])
    if (isObject(value)) return value
  }
  return undefined
}
