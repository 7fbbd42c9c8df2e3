import { type HttpMethod, httpMethods } from '@sallyport/contracts'
import { PathsField, useFault } from '../draft-fields.tsx'
import { Toggles } from '../toggles.tsx'
import { usePart } from '../use-part.ts'
import { LinesPart } from './part-fields.tsx'

const methodOptions = httpMethods.map((value) => ({ value, label: value }))

/** Which requests by method, path and address: nothing chosen means all. `name`: `rules.3.when`. */
export function WhereFields({ name, origins }: { name: string; origins: readonly string[] }) {
  const [methods = [], changeMethods] = usePart<readonly HttpMethod[] | undefined>(
    `${name}.methods`,
  )
  const [chosen] = usePart<readonly string[] | undefined>(`${name}.origins`)
  return (
    <div className="grid gap-4">
      <Toggles
        legend="Methods (none chosen: all)"
        options={methodOptions}
        chosen={methods}
        onChange={(next) => changeMethods(next.length === 0 ? undefined : [...next])}
        error={useFault(`${name}.methods`)}
      />
      <PathsField
        name={`${name}.paths`}
        label="Paths (empty: all)"
        hint="One a line. * is anything within one part, a last /** is everything below."
      />
      <LinesPart
        name={`${name}.tools`}
        label="Only these tools"
        hint="One a line, such as stock-index.get_index; a last * is any rest. Empty: every request, of tools or not."
      />
      {(origins.length > 1 || chosen !== undefined) && (
        <LinesPart
          name={`${name}.origins`}
          label="Addresses"
          hint={`Empty: all of ${origins.join(', ')}.`}
        />
      )}
    </div>
  )
}
