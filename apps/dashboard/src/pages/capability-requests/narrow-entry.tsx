import { Field } from '../../components/field.tsx'
import { Checkbox, Textarea } from '../../components/input.tsx'
import type { DraftEntry } from './grant-draft.ts'

interface NarrowEntryProps {
  readonly entry: DraftEntry
  readonly onChange: (change: Partial<DraftEntry>) => void
}

const rowsMax = 8

/** One part of an action: kept or not, with which methods, and where. */
export function NarrowEntry({ entry, onChange }: NarrowEntryProps) {
  const { given, isKept, methods, paths } = entry
  const toggle = (method: (typeof methods)[number], checked: boolean) =>
    onChange({
      methods: given.methods.filter((of) => (of === method ? checked : methods.includes(of))),
    })
  return (
    <fieldset className="grid gap-3 rounded-md border border-line px-3.5 py-3">
      <legend className="sr-only">{given.origin}</legend>
      {/* biome-ignore lint/a11y/noLabelWithoutControl: Checkbox is an input */}
      <label className="flex cursor-pointer items-center gap-2.5 font-mono text-[0.93rem] font-medium [overflow-wrap:anywhere]">
        <Checkbox checked={isKept} onCheckedChange={(checked) => onChange({ isKept: checked })} />
        {given.origin}
      </label>
      {isKept && (
        <>
          <div className="flex flex-wrap gap-x-5 gap-y-1.5">
            {given.methods.map((method) => (
              // biome-ignore lint/a11y/noLabelWithoutControl: Checkbox is an input
              <label key={method} className="flex min-h-7 cursor-pointer items-center gap-2">
                <Checkbox
                  checked={methods.includes(method)}
                  onCheckedChange={(checked) => toggle(method, checked)}
                />
                {method}
              </label>
            ))}
          </div>
          <Field
            label="Paths"
            hint="One a line, and each within what the action allows. * is any run within a segment, a last /** is all below."
          >
            {(aria) => (
              <Textarea
                {...aria}
                className="font-mono text-[0.93rem]"
                spellCheck={false}
                rows={Math.min(rowsMax, paths.split('\n').length + 1)}
                value={paths}
                onChange={({ target }) => onChange({ paths: target.value })}
              />
            )}
          </Field>
        </>
      )}
    </fieldset>
  )
}
