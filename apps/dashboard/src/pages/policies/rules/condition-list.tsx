import { type BodyCondition, conditionOperators, type QueryCondition } from '@sallyport/contracts'
import { Plus, Trash2 } from 'lucide-react'
import { type ReactNode, useRef } from 'react'
import { Button, IconButton } from '../../../components/button.tsx'
import { Field } from '../../../components/field.tsx'
import { Select } from '../../../components/input.tsx'
import { useFault } from '../draft-fields.tsx'
import { usePart } from '../use-part.ts'
import { takenBy, valueFor } from './condition-value.ts'
import { ConditionValueField } from './condition-value-field.tsx'
import { operatorWords } from './operator-words.ts'
import { CheckPart, TextPart } from './part-fields.tsx'
import { useListKeys } from './use-list-keys.ts'

type Condition = QueryCondition | BodyCondition

interface ConditionListProps {
  /** The list's place in the draft: `rules.3.when.body`. */
  readonly name: string
  /** What is looked at. */
  readonly kind: 'query' | 'body'
  readonly legend: string
  readonly hint: ReactNode
}

const whatIs = {
  query: { member: 'name', label: 'Name', placeholder: 'q', empty: { name: '', op: 'eq' } },
  body: { member: 'path', label: 'Path', placeholder: 'to[].email', empty: { path: '', op: 'eq' } },
} as const

/** Conditions on query or body, all of which have to hold. */
export function ConditionList({ name, kind, legend, hint }: ConditionListProps) {
  const [conditions = [], change] = usePart<readonly Condition[] | undefined>(name)
  const { keys, dropKey } = useListKeys(conditions.length)
  const box = useRef<HTMLFieldSetElement>(null)
  const fault = useFault(`${name}.root`)
  const add = () => {
    change([...conditions, { ...whatIs[kind].empty }])
    const at = `[name="${name}.${conditions.length}.${whatIs[kind].member}"]`
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(at)?.focus())
  }
  const remove = (index: number) => {
    dropKey(index)
    const left = conditions.filter((_, at) => at !== index)
    change(left.length === 0 ? undefined : left)
    box.current?.querySelector<HTMLElement>('[data-add]')?.focus()
  }
  return (
    <fieldset ref={box} className="grid min-w-0 gap-2.5">
      <legend className="mb-1 text-[0.93rem] font-medium">{legend}</legend>
      {conditions.length > 0 && <div className="text-[0.87rem] text-ink-soft">{hint}</div>}
      {conditions.map((_, index) => (
        <ConditionRow
          key={keys[index]}
          name={`${name}.${index}`}
          number={index + 1}
          kind={kind}
          onRemove={() => remove(index)}
        />
      ))}
      {fault !== undefined && <p className="text-[0.87rem] font-medium text-bad">{fault}</p>}
      <div>
        <Button size="sm" data-add="" onClick={add}>
          <Plus aria-hidden="true" /> Add a condition
        </Button>
      </div>
    </fieldset>
  )
}

interface ConditionRowProps {
  readonly name: string
  readonly number: number
  readonly kind: ConditionListProps['kind']
  readonly onRemove: () => void
}

function ConditionRow({ name, number, kind, onRemove }: ConditionRowProps) {
  const [condition, change] = usePart<Condition | undefined>(name)
  const fault = useFault(`${name}.op`)
  if (condition === undefined) return null
  const { member, label, placeholder } = whatIs[kind]
  const takes = takenBy(condition.op)
  const choose = (op: string) => {
    const chosen = conditionOperators.find((one) => one === op)
    if (chosen === undefined) return
    change({ ...condition, op: chosen, value: valueFor(chosen, condition.value) })
  }
  return (
    <fieldset className="relative grid min-w-0 gap-3 rounded-md border border-line bg-sunken/50 p-3 pr-11">
      <legend className="sr-only">Condition {number}</legend>
      <div className="absolute top-1 right-1">
        <IconButton size="sm" label={`Remove condition ${number}`} onClick={onRemove}>
          <Trash2 aria-hidden="true" />
        </IconButton>
      </div>
      <div className="grid gap-3 sm:grid-cols-2">
        <TextPart name={`${name}.${member}`} label={label} placeholder={placeholder} mono />
        <Field label="Compared" error={fault}>
          {(aria) => (
            <Select
              {...aria}
              name={`${name}.op`}
              value={condition.op}
              onChange={({ target }) => choose(target.value)}
            >
              {conditionOperators.map((op) => (
                <option key={op} value={op}>
                  {operatorWords[op]}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <ConditionValueField
        key={condition.op}
        name={`${name}.value`}
        op={condition.op}
        textOnly={kind === 'query'}
      />
      {(takes === 'values' || takes === 'expression') && (
        <CheckPart name={`${name}.ignoreCase`} label="Upper and lower case are the same" />
      )}
    </fieldset>
  )
}
