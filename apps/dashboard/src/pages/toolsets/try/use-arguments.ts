import type { JsonSchema } from '@sallyport/contracts'
import { useMemo, useState } from 'react'
import { argumentsOf, type Faults, type Typed } from '../schema/arguments-draft.ts'
import { fieldsOf, isObject } from '../schema/schema-shape.ts'

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
    setFaults,
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

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
