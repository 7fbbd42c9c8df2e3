import type { CustomKind, SensitiveName } from '@sallyport/contracts'
import { Plus, Trash2 } from 'lucide-react'
import { useId } from 'react'
import { Button, IconButton } from '../../../components/button.tsx'
import { Checkbox } from '../../../components/input.tsx'
import { useFault } from '../draft-fields.tsx'
import { usePart } from '../use-part.ts'
import { TextPart } from './part-fields.tsx'
import {
  type Group,
  groups,
  isChosen,
  sensitiveWords,
  toggleGroup,
  toggleKind,
} from './sensitive-words.ts'
import { useListKeys } from './use-list-keys.ts'

interface KindsProps {
  /** The list's place in the draft: `rules.3.when.sensitive.kinds`. */
  readonly name: string
  readonly legend: string
}

/** Kinds of sensitive data, by group: a group is ticked whole or opened. */
export function KindsField({ name, legend }: KindsProps) {
  const [names = [], change] = usePart<readonly SensitiveName[] | undefined>(name)
  const fault = useFault(name)
  const id = useId()
  return (
    <fieldset
      className="grid min-w-0 gap-2"
      aria-describedby={fault === undefined ? undefined : id}
      {...(fault !== undefined && { 'data-fault': '' })}
    >
      <legend className="mb-1 text-[0.93rem] font-medium">{legend}</legend>
      <div className="grid items-start gap-2 sm:grid-cols-2">
        {groups.map(([group, kinds]) => (
          <GroupBox key={group} group={group} kinds={kinds} names={names} onChange={change} />
        ))}
      </div>
      {fault !== undefined && (
        <p id={id} className="text-[0.87rem] font-medium text-bad">
          {fault}
        </p>
      )}
    </fieldset>
  )
}

interface GroupBoxProps {
  readonly group: Group
  readonly kinds: readonly SensitiveName[]
  readonly names: readonly SensitiveName[]
  readonly onChange: (names: readonly SensitiveName[]) => void
}

function GroupBox({ group, kinds, names, onChange }: GroupBoxProps) {
  const isWhole = isChosen(names, group)
  const count = kinds.filter((kind) => isChosen(names, kind)).length
  return (
    <div className="rounded-md border border-line bg-surface px-3 py-2">
      {/* biome-ignore lint/a11y/noLabelWithoutControl: Checkbox is an input */}
      <label className="flex min-h-8 items-center gap-2.5 text-[0.93rem] font-medium">
        <Checkbox
          checked={isWhole}
          ref={(box) => {
            if (box !== null) box.indeterminate = !isWhole && count > 0
          }}
          onCheckedChange={() => onChange(toggleGroup(names, group))}
        />
        {sensitiveWords[group]}
      </label>
      {kinds.length > 1 && (
        <details open={!isWhole && count > 0}>
          <summary className="cursor-pointer text-[0.87rem] text-ink-soft hover:text-ink">
            {isWhole ? `All ${kinds.length} kinds` : `${count} of ${kinds.length} kinds`}
          </summary>
          <div className="mt-1 grid max-h-56 gap-0.5 overflow-y-auto">
            {kinds.map((kind) => (
              // biome-ignore lint/a11y/noLabelWithoutControl: Checkbox is an input
              <label key={kind} className="flex min-h-7 items-center gap-2.5 text-[0.87rem]">
                <Checkbox
                  checked={isChosen(names, kind)}
                  onCheckedChange={() => onChange(toggleKind(names, kind))}
                />
                {sensitiveWords[kind]}
              </label>
            ))}
          </div>
        </details>
      )}
    </div>
  )
}

/** The owner's own kinds: a name and an expression that finds it. `name`: their list's place in the draft. */
export function CustomKinds({ name }: { name: string }) {
  const [custom = [], change] = usePart<readonly CustomKind[] | undefined>(name)
  const { keys, dropKey } = useListKeys(custom.length)
  const remove = (index: number) => {
    dropKey(index)
    const left = custom.filter((_, at) => at !== index)
    change(left.length === 0 ? undefined : left)
  }
  return (
    <fieldset className="grid min-w-0 gap-2.5">
      <legend className="mb-1 text-[0.93rem] font-medium">Kinds of your own</legend>
      {custom.map((_, index) => (
        <div
          key={keys[index]}
          className="relative grid gap-3 rounded-md border border-line bg-sunken/50 p-3 pr-11 sm:grid-cols-[12rem_minmax(0,1fr)]"
        >
          <TextPart
            name={`${name}.${index}.name`}
            label="Name"
            mono
            placeholder="customer_number"
          />
          <TextPart
            name={`${name}.${index}.pattern`}
            label="Expression (RE2)"
            mono
            placeholder="C-\d{6}"
          />
          <div className="absolute top-1 right-1">
            <IconButton
              size="sm"
              label={`Remove kind ${index + 1} of your own`}
              onClick={() => remove(index)}
            >
              <Trash2 aria-hidden="true" />
            </IconButton>
          </div>
        </div>
      ))}
      <div>
        <Button size="sm" onClick={() => change([...custom, { name: '', pattern: '' }])}>
          <Plus aria-hidden="true" /> Add an expression
        </Button>
      </div>
    </fieldset>
  )
}
