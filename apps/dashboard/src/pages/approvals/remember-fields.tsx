import type { Rememberable } from '@sallyport/contracts'
import { useState } from 'react'
import { Button } from '../../components/button.tsx'
import { Checkbox } from '../../components/input.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { fieldsMax } from './remember-draft.ts'

const shownAtFirst = 12
const charsShown = 160

interface RememberFieldsProps {
  readonly fields: Rememberable['fields']
  readonly chosen: ReadonlySet<string>
  readonly onChange: (chosen: ReadonlySet<string>) => void
}

/** The parts of a request with what they say, those first that say who or where: the ticked ones have to be the same. */
export function RememberFields({ fields, chosen, onChange }: RememberFieldsProps) {
  const [isWhole, setWhole] = useState(false)
  const sorted = [...fields].sort((one, other) => Number(other.suggested) - Number(one.suggested))
  const shown = isWhole ? sorted : sorted.slice(0, shownAtFirst)
  const toggle = (name: string) => {
    const next = new Set(chosen)
    if (!next.delete(name)) next.add(name)
    onChange(next)
  }
  return (
    <fieldset className="grid min-w-0 gap-1.5">
      <legend className="mb-1 text-[0.93rem] font-medium">These have to be the same</legend>
      <ul className="grid max-h-72 gap-1 overflow-y-auto">
        {shown.map(({ name, value }) => (
          <li key={name}>
            {/* biome-ignore lint/a11y/noLabelWithoutControl: Checkbox is an input */}
            <label className="flex min-h-10 cursor-pointer items-start gap-2.5 rounded-md border border-line px-3 py-2 has-checked:border-accent has-checked:bg-accent-soft">
              <Checkbox
                className="mt-0.5"
                checked={chosen.has(name)}
                onCheckedChange={() => toggle(name)}
              />
              <span className="min-w-0 text-[0.93rem]">
                <span className="block text-[0.87rem] text-ink-soft">
                  <UntrustedText inline mono limit={charsShown} text={name} />
                </span>
                <UntrustedText inline limit={charsShown} text={value} />
              </span>
            </label>
          </li>
        ))}
      </ul>
      {sorted.length > shown.length && (
        <div>
          <Button size="sm" variant="quiet" onClick={() => setWhole(true)}>
            Show all {sorted.length} parts
          </Button>
        </div>
      )}
      {chosen.size > fieldsMax && (
        <p className="text-[0.87rem] font-medium text-bad">At most {fieldsMax} can be chosen.</p>
      )}
    </fieldset>
  )
}
