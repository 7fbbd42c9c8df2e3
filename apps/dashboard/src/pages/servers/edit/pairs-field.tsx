import { Plus, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { type FieldError, get, useController, useFormContext } from 'react-hook-form'
import { Button, IconButton } from '../../../components/button.tsx'
import { Input, PasswordInput } from '../../../components/input.tsx'
import { isKept, type TypedPair } from './server-typed.ts'

interface PairsFieldProps {
  readonly name: 'env' | 'headers'
  readonly legend: string
  /** What one of them is called: "variable", "header". */
  readonly one: string
  readonly hint: ReactNode
}

/** Names with secret values, a row each. A value that the vault keeps stays unless it is replaced; it is never shown. */
export function PairsField({ name, legend, one, hint }: PairsFieldProps) {
  const { field } = useController({ name })
  const { formState } = useFormContext()
  const pairs: readonly TypedPair[] = Array.isArray(field.value) ? field.value : []
  const fault = faultOf(get(formState.errors, name))
  const put = (index: number, part: Partial<TypedPair>) =>
    field.onChange(pairs.map((pair, at) => (at === index ? { ...pair, ...part } : pair)))
  return (
    <fieldset className="grid min-w-0 gap-2">
      <legend className="mb-1.5 text-[0.93rem] font-medium">{legend}</legend>
      {pairs.map((pair, index) => (
        <PairRow
          // A row is what stands at its place: names are typed.
          key={index}
          label={`${one} ${index + 1}`}
          pair={pair}
          onChange={(part) => put(index, part)}
          onRemove={() => field.onChange(pairs.filter((_, at) => at !== index))}
        />
      ))}
      <div>
        <Button size="sm" onClick={() => field.onChange([...pairs, { name: '', value: '' }])}>
          <Plus aria-hidden="true" /> Add a {one}
        </Button>
      </div>
      <p className="text-[0.87rem] text-ink-soft">{hint}</p>
      {fault !== undefined && (
        <p role="alert" className="text-[0.87rem] font-medium text-bad">
          {fault}
        </p>
      )}
    </fieldset>
  )
}

interface PairRowProps {
  readonly label: string
  readonly pair: TypedPair
  readonly onChange: (part: Partial<TypedPair>) => void
  readonly onRemove: () => void
}

function PairRow({ label, pair, onChange, onRemove }: PairRowProps) {
  const kept = isKept(pair.value)
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-2 sm:grid-cols-[minmax(0,2fr)_minmax(0,3fr)_auto]">
      <Input
        aria-label={`Name of ${label}`}
        placeholder="Name"
        className="font-mono text-[0.93rem] max-sm:col-start-1"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={pair.name}
        onChange={({ target }) => onChange({ name: target.value })}
      />
      <div className="max-sm:col-start-1 max-sm:row-start-2">
        {kept ? (
          <div className="flex items-center gap-2">
            <Input aria-label={`Value of ${label}, kept`} readOnly disabled value={pair.value} />
            <Button size="sm" className="min-h-10!" onClick={() => onChange({ value: '' })}>
              Replace
            </Button>
          </div>
        ) : (
          <PasswordInput
            aria-label={`Value of ${label}`}
            placeholder="Value, or ${NAME}"
            autoComplete="off"
            value={pair.value}
            onChange={({ target }) => onChange({ value: target.value })}
          />
        )}
      </div>
      <IconButton
        label={`Remove ${label}`}
        onClick={onRemove}
        className="max-sm:col-start-2 max-sm:row-start-1"
      >
        <Trash2 aria-hidden="true" />
      </IconButton>
    </div>
  )
}

type Faults = FieldError | readonly (Readonly<Record<string, FieldError>> | undefined)[] | undefined

/** The first thing that is wrong, with the row or the name that it is about. */
function faultOf(faults: Faults): string | undefined {
  if (faults === undefined) return undefined
  if (Array.isArray(faults)) {
    const at = faults.findIndex(Boolean)
    const row: Readonly<Record<string, FieldError>> = faults[at] ?? {}
    const [part, error] = Object.entries(row)[0] ?? []
    return `Row ${at + 1}: the ${part ?? 'value'} ${error?.message ?? 'is not valid'}.`
  }
  const { message, root } = faults as FieldError
  const said = message ?? root?.message
  if (said !== undefined && said !== '') return `It ${said}.`
  // What the vault found wrong stands below the name that it is about.
  const [name, inner] = Object.entries(faults as object)[0] ?? []
  const text = (inner as FieldError | undefined)?.message
  return text === undefined ? 'Not valid.' : `${name} ${text}.`
}
