import {
  type AllowEntry,
  type HttpMethod,
  httpMethods,
  type PolicyDocument,
} from '@sallyport/contracts'
import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useController, useFormContext, useWatch } from 'react-hook-form'
import { catalog } from '../../catalog.ts'
import { Badge } from '../../components/badge.tsx'
import { IconButton } from '../../components/button.tsx'
import { SelectField } from '../../components/form-fields.tsx'
import { approvalWords } from './approval-words.ts'
import { DateTimeField, PathsField, useFault } from './draft-fields.tsx'
import { RateFields } from './rate-fields.tsx'
import { Toggles } from './toggles.tsx'

const methodOptions = httpMethods.map((value) => ({ value, label: value }))

interface EntryCardProps {
  readonly index: number
  /** Where the connection's credential may go. */
  readonly origins: readonly string[]
  readonly onRemove: () => void
}

/** One thing that is allowed: where, how, what, and whether an owner is asked for it. */
export function EntryCard({ index, origins, onRemove }: EntryCardProps) {
  const { control } = useFormContext<PolicyDocument>()
  const entry = useWatch({ control, name: `allow.${index}` })
  const name = `allow.${index}`
  const number = index + 1
  // What was said before the connection was changed is shown as it is, so that it can be mended.
  const offered = origins.includes(entry.origin) ? origins : [entry.origin, ...origins]
  return (
    <fieldset className="grid min-w-0 gap-4 rounded-md border border-line p-4">
      <legend className="sr-only">Entry {number}</legend>
      <div className="-mb-1 flex items-center gap-2">
        <span aria-hidden="true" className="font-semibold">
          {number}
        </span>
        <TemplateBadge entry={entry} />
        <div className="-my-2 ml-auto">
          <IconButton label={`Remove entry ${number}`} onClick={onRemove}>
            <Trash2 aria-hidden="true" />
          </IconButton>
        </div>
      </div>
      <SelectField
        name={`${name}.origin`}
        label="Where"
        options={offered.map((value) => ({ value, label: value }))}
      />
      <MethodsField index={index} />
      <PathsField
        name={`${name}.paths`}
        label="Paths"
        hint="One a line. * is anything within one part, a last /** is everything below."
      />
      <OwnTerms name={name} entry={entry} />
    </fieldset>
  )
}

function TemplateBadge({ entry }: { entry: AllowEntry }) {
  const { actionTemplateId } = entry
  if (actionTemplateId === undefined) return null
  const found = catalog.findAction(actionTemplateId)
  return <Badge>{found?.action.label ?? actionTemplateId}</Badge>
}

function MethodsField({ index }: { index: number }) {
  const { control } = useFormContext<PolicyDocument>()
  const { field } = useController({ control, name: `allow.${index}.methods` })
  const change = (chosen: readonly HttpMethod[]) => {
    field.onChange([...chosen])
    field.onBlur()
  }
  return (
    <Toggles
      legend="Methods"
      options={methodOptions}
      chosen={field.value}
      onChange={change}
      error={useFault(`allow.${index}.methods`)}
    />
  )
}

/** What one entry says differently from the policy: open where it says something. */
function OwnTerms({ name, entry }: { name: string; entry: AllowEntry }) {
  const { approval, expiresAt, limits } = entry
  const [wasOpen] = useState([approval, expiresAt, limits].some((part) => part !== undefined))
  return (
    <details open={wasOpen} className="group">
      <summary className="cursor-pointer text-[0.93rem] text-ink-soft hover:text-ink">
        Asking, limits and end date for this entry alone
      </summary>
      <div className="mt-3 grid gap-4 sm:grid-cols-2">
        <SelectField
          name={`${name}.approval`}
          label="Ask an owner"
          optional
          options={[
            { value: '', label: 'As the policy says' },
            ...approvalWords.map(({ value, label }) => ({ value, label })),
          ]}
          hint="Where several entries fit a request, the strictest decides."
        />
        <DateTimeField name={`${name}.expiresAt`} label="Until" />
        <div className="sm:col-span-2">
          <RateFields name={`${name}.limits`} legend="Requests by this entry, at most" />
        </div>
      </div>
    </details>
  )
}
