import { SourceStatement } from '@sallyport/contracts'
import { z } from 'zod'

// What is typed of a statement: values stand as text in the form, and are sent as their parameter’s type has them.

/** A parameter as the form holds it. */
interface TypedParameter {
  readonly type?: string
  readonly items?: string | undefined
  readonly default?: unknown
  readonly enum?: readonly unknown[] | undefined
}

interface TypedFields {
  readonly parameters?: readonly TypedParameter[]
}

/** The form of a statement, saved or not. */
export const TypedStatement = z.preprocess(
  (typed: TypedFields) => ({ ...typed, parameters: typed.parameters?.map(readParameter) }),
  SourceStatement,
)
export type TypedStatement = z.output<typeof TypedStatement>

/** The form before anything is typed. */
export const emptyStatement = {
  ...{ name: '', description: '', statement: '', writes: false },
  parameters: [],
}

/** The type of a parameter’s value, or of each item of a list. */
export const scalarOf = ({ type = 'string', items }: TypedParameter): string =>
  type === 'array' ? (items ?? 'string') : type

function readParameter(parameter: TypedParameter) {
  const { default: fallback, enum: values = [], ...rest } = parameter
  const scalar = scalarOf(parameter)
  return {
    ...rest,
    // The default of a list is not typed here, and stays as it is.
    default: parameter.type === 'array' ? fallback : readValue(fallback, scalar),
    enum: values.length === 0 ? undefined : values.map((value) => readValue(value, scalar)),
  }
}

/** What was typed as a value of the type; what is none stays text, and is refused. */
function readValue(value: unknown, type: string): unknown {
  if (value === undefined || value === null) return value
  const text = String(value)
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (type === 'string' || text.trim() === '' || Number.isNaN(Number(text))) return text
  return Number(text)
}
