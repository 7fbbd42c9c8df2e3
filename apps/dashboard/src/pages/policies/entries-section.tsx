import type { PolicyDocument } from '@sallyport/contracts'
import { Plus } from 'lucide-react'
import { useId } from 'react'
import { useFieldArray, useFormContext, useWatch } from 'react-hook-form'
import type { Output } from '../../api.ts'
import { catalog } from '../../catalog.ts'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { Checkbox } from '../../components/input.tsx'
import { Notice } from '../../components/notice.tsx'
import { useFault } from './draft-fields.tsx'
import { EntryCard } from './entry-card.tsx'
import { addTemplate, emptyEntry, isAsTemplate } from './policy-draft.ts'

type Connection = Output<'getConnection'>['connection']

/** What is allowed: by ticking what the service's catalog entry offers, and by hand. */
export function EntriesSection({ connection }: { connection: Connection }) {
  const { control } = useFormContext<PolicyDocument>()
  const { fields, append, remove, replace } = useFieldArray({ control, name: 'allow' })
  const fault = useFault('allow')
  const hasTools = useWatch({ control, name: 'tools' })?.some(({ allowed }) => allowed) === true
  const [origin = ''] = connection.origins
  const add = () => append(emptyEntry(origin), { focusName: `allow.${fields.length}.paths` })
  return (
    <Card
      title="What it may do"
      description="Only what is listed here, and nothing else. The key goes only to the addresses of the connection."
    >
      <div className="grid gap-4">
        <Templates connection={connection} onChange={replace} />
        {fields.map(({ id }, index) => (
          <EntryCard
            key={id}
            index={index}
            origins={connection.origins}
            onRemove={() => remove(index)}
          />
        ))}
        {fields.length === 0 && (
          <Notice>
            <p>
              {hasTools
                ? 'It may call the tools below and send no other request.'
                : 'It may do nothing yet. Tick what it needs, or add an entry by hand.'}
            </p>
          </Notice>
        )}
        {fault !== undefined && fields.length === 0 && (
          <p className="text-[0.87rem] font-medium text-bad">{fault}</p>
        )}
        <div className="flex flex-wrap items-center gap-3">
          <Button size="sm" onClick={add}>
            <Plus aria-hidden="true" /> Add an entry
          </Button>
        </div>
        <PathHelp />
      </div>
    </Card>
  )
}

interface TemplatesProps {
  readonly connection: Connection
  readonly onChange: (entries: PolicyDocument['allow']) => void
}

/** The actions that the catalog knows of the service: a tick adds their entries, which can be changed afterwards. */
function Templates({ connection, onChange }: TemplatesProps) {
  const { control, getValues } = useFormContext<PolicyDocument>()
  const allow = useWatch({ control, name: 'allow' })
  const id = useId()
  const service = catalog.findService(connection.service)
  if (service === undefined || service.actions.length === 0) return null
  const change = (action: (typeof service.actions)[number], isOn: boolean) => {
    const entries = getValues('allow')
    const others = entries.filter(({ actionTemplateId }) => actionTemplateId !== action.id)
    onChange([...(isOn ? addTemplate(others, action) : others)])
  }
  return (
    <fieldset className="grid gap-3">
      <legend className="mb-2 text-[0.93rem] font-medium">{service.name}: it may</legend>
      {service.actions.map((action) => {
        const isOn = allow.some(({ actionTemplateId }) => actionTemplateId === action.id)
        const own = `${id}-${action.id}`
        return (
          <div key={action.id} className="flex gap-2.5">
            <Checkbox
              id={own}
              checked={isOn}
              onCheckedChange={(checked) => change(action, checked === true)}
              aria-describedby={`${own}-about`}
            />
            <div>
              <label htmlFor={own} className="font-medium">
                {action.label}
              </label>
              <p id={`${own}-about`} className="text-[0.87rem] text-ink-soft">
                {action.description}
                {isOn && !isAsTemplate(allow, action) && ' Changed by hand below.'}
              </p>
            </div>
          </div>
        )
      })}
    </fieldset>
  )
}

const examples = [
  ['/v1/users', 'just this'],
  ['/v1/users/*', 'one part more: /v1/users/7, and not /v1/users/7/posts'],
  ['/v1/users/**', 'everything below: /v1/users/7/posts'],
  ['/repos/*/*/issues', 'any owner and any repository'],
  ['/**', 'every path of this address'],
] as const

function PathHelp() {
  return (
    <details>
      <summary className="cursor-pointer text-[0.93rem] text-ink-soft hover:text-ink">
        How paths are written
      </summary>
      <dl className="mt-2 grid gap-x-4 gap-y-1 text-[0.93rem] sm:grid-cols-[max-content_1fr]">
        {examples.map(([path, meaning]) => (
          <div key={path} className="contents">
            <dt className="font-mono text-[0.87rem]">{path}</dt>
            <dd className="text-ink-soft max-sm:mb-1.5">{meaning}</dd>
          </div>
        ))}
      </dl>
      <p className="mt-2 text-[0.87rem] text-ink-soft">
        The query is not part of the path. A path that fits no entry is refused.
      </p>
    </details>
  )
}
