import type { ConditionOperator } from '@sallyport/contracts'
import { useState } from 'react'
import { Field } from '../../../components/field.tsx'
import { Select, Textarea } from '../../../components/input.tsx'
import { useFault } from '../draft-fields.tsx'
import { usePart } from '../use-part.ts'
import {
  type ConditionValue,
  lineFault,
  linesOf,
  type Reading,
  readingOf,
  readLines,
  takenBy,
} from './condition-value.ts'
import { NumberPart, TextPart } from './part-fields.tsx'

interface ConditionValueFieldProps {
  readonly name: string
  readonly op: ConditionOperator
  /** Only text can be found there. */
  readonly textOnly: boolean
}

/** What a condition compares with: the control that fits its operator. */
export function ConditionValueField({ name, op, textOnly }: ConditionValueFieldProps) {
  switch (takenBy(op)) {
    case 'nothing':
      return <ThereField name={name} />
    case 'number':
      return <NumberPart name={name} label="Number" />
    case 'expression':
      return (
        <TextPart
          name={name}
          label="Expression"
          mono
          placeholder="^[a-z]+@example\.com$"
          hint="RE2 syntax, looked for anywhere in the text; ^ and $ hold it to the whole."
        />
      )
    default:
      return <ValuesField name={name} op={op} textOnly={textOnly} />
  }
}

function ThereField({ name }: { name: string }) {
  const [value, change] = usePart<ConditionValue>(name)
  return (
    <Field label="Which is" error={useFault(name)}>
      {(aria) => (
        <Select
          {...aria}
          name={name}
          value={value === false ? 'no' : 'yes'}
          onChange={({ target }) => change(target.value === 'no' ? false : undefined)}
        >
          <option value="yes">true</option>
          <option value="no">not true</option>
        </Select>
      )}
    </Field>
  )
}

const hints: Readonly<Record<Reading, string>> = {
  text: 'One a line; any of them counts.',
  json: 'One a line as JSON: 5, true, null, "text". Any of them counts.',
}
const negativeHints: Readonly<Record<Reading, string>> = {
  text: 'One a line; none of them may be it.',
  json: 'One a line as JSON: 5, true, null, "text". None of them may be it.',
}

function ValuesField({ name, op, textOnly }: ConditionValueFieldProps) {
  const [value, change] = usePart<ConditionValue>(name)
  const [reading, setReading] = useState(() => readingOf(value))
  const [text, setText] = useState(() => linesOf(value, reading))
  const same = JSON.stringify(readLines(text, reading, op)) === JSON.stringify(value)
  const shown = same ? text : linesOf(value, reading)
  const faultAt = lineFault(shown, reading)
  const fault = useFault(name)
  const isNegative = op === 'neq' || op.startsWith('not_')
  const read = (next: string, as: Reading) => {
    setText(next)
    change(readLines(next, as, op))
  }
  const readAs = (as: Reading) => {
    setReading(as)
    const next = linesOf(value, as)
    read(next, as)
  }
  return (
    <div className="grid items-start gap-3 sm:grid-cols-[minmax(0,1fr)_9rem]">
      <Field
        label="Values"
        hint={(isNegative ? negativeHints : hints)[reading]}
        error={
          fault ??
          (faultAt === undefined ? undefined : `Line ${faultAt} is no JSON, and so read as text.`)
        }
      >
        {(aria) => (
          <Textarea
            {...aria}
            name={name}
            value={shown}
            rows={Math.min(8, Math.max(1, shown.split('\n').length))}
            spellCheck={false}
            autoCapitalize="none"
            className="font-mono text-[0.93rem]"
            onChange={({ target }) => read(target.value, reading)}
          />
        )}
      </Field>
      {!textOnly && (
        <Field label="Read as">
          {(aria) => (
            <Select
              {...aria}
              value={reading}
              onChange={({ target }) => readAs(target.value === 'json' ? 'json' : 'text')}
            >
              <option value="text">Text</option>
              <option value="json">JSON</option>
            </Select>
          )}
        </Field>
      )}
    </div>
  )
}
