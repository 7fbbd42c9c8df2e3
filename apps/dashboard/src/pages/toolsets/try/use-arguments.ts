import type { JsonSchema, Problem } from '@sallyport/contracts'
import { useMemo, useState } from 'react'
import { argumentsOf, type Faults, keyOf, type Typed } from '../schema/arguments-draft.ts'
import { fieldsOf, isObject, type SchemaField } from '../schema/schema-shape.ts'

/** The arguments that are written, in fields or as JSON. */
export function useArguments(schema: JsonSchema) {
  const fields = useMemo(() => fieldsOf(schema, schema), [schema])
  const [typed, setTyped] = useState<Typed>({})
  const [json, setJson] = useState<string>()
  const [faults, setFaults] = useState<Faults>({})

  const type = (key: string, text: string) => {
    setTyped({ ...typed, [key]: text })
    const { [key]: _, ...others } = faults
    setFaults(others)
  }
  /** What was written; undefined where something is wrong, which then is shown. */
  const read = (): Record<string, unknown> | undefined => {
    if (json !== undefined) {
      const value = parseObject(json)
      setFaults(value === undefined ? { '': 'It must be a JSON object.' } : {})
      return value
    }
    const written = argumentsOf(fields, typed)
    setFaults(written.faults)
    return Object.keys(written.faults).length === 0 ? written.value : undefined
  }
  return {
    fields,
    typed,
    type,
    json,
    faults,
    read,
    /** Shows what the vault found wrong at the fields that it names. */
    refuse: (problem: Problem) => setFaults(faultsAt(fields, problem)),
    /** To JSON with what was typed so far, and back to the fields as they were. */
    toggleJson: () => {
      setFaults({})
      setJson(
        json === undefined ? JSON.stringify(argumentsOf(fields, typed).value, null, 2) : undefined,
      )
    },
    typeJson: setJson,
  }
}

/** Faults of a refused call by the keys of the fields that they are about; of those that have none nothing is said here. */
function faultsAt(fields: readonly SchemaField[], problem: Problem): Faults {
  const named = (problem.fields ?? []).flatMap(({ field, message }) => {
    const found = flat(fields).find(({ path }) => field === ['arguments', ...path].join('.'))
    return found === undefined ? [] : [[keyOf(found.path), `It ${message}.`] as const]
  })
  return Object.fromEntries(named)
}

const flat = (fields: readonly SchemaField[]): readonly SchemaField[] =>
  fields.flatMap((field) => [
    field,
    ...(field.shape.kind === 'group' ? flat(field.shape.fields) : []),
  ])

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
