import { listedToolsMax, type ToolListing } from '@sallyport/contracts'
import { type Output, useAction } from '../../api.ts'
import { Field } from '../../components/field.tsx'
import { Select } from '../../components/input.tsx'
import { useToast } from '../../components/toast.tsx'
import { useMay } from '../../session.ts'

type Agent = Output<'getAgent'>['agent']

const words: Readonly<Record<ToolListing, string>> = {
  auto: `Each by itself up to ${listedToolsMax}, above that by searching`,
  all: 'Each by itself',
  search: 'By searching: two tools that find and call the others',
}

/** How MCP clients of the agent are shown its tools. */
export function ToolListingField({ agent: { id, toolListing } }: { agent: Agent }) {
  const mayWrite = useMay('agents:write')
  const toast = useToast()
  const change = useAction('renameAgent', { onDone: () => toast('Changed') })
  return (
    <div className="max-w-xl border-t border-line px-5 py-3.5">
      <Field
        label="How MCP clients list them"
        hint="Many tools at once fill a model’s memory. With searching it asks for those that it needs."
        error={change.error?.detail}
      >
        {(aria) => (
          <Select
            {...aria}
            disabled={!mayWrite || change.isPending}
            value={toolListing}
            onChange={({ target }) =>
              change.mutate({ agentId: id, toolListing: target.value as ToolListing })
            }
          >
            {Object.entries(words).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </div>
  )
}
