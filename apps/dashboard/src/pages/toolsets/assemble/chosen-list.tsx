import { Trash2 } from 'lucide-react'
import { IconButton } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { Field } from '../../../components/field.tsx'
import { Input, Textarea } from '../../../components/input.tsx'
import { type Chosen, chosenFaults } from './chosen.ts'

interface ChosenListProps {
  readonly chosen: readonly Chosen[]
  readonly onChange: (chosen: readonly Chosen[]) => void
}

/** The tools of the new toolset, each with the name and the description that it has there. */
export function ChosenList({ chosen, onChange }: ChosenListProps) {
  const faults = chosenFaults(chosen)
  const put = (toolId: string, part: Partial<Chosen>) =>
    onChange(chosen.map((one) => (one.toolId === toolId ? { ...one, ...part } : one)))
  return (
    <Card title={`In this toolset (${chosen.length.toLocaleString('en')})`} flush>
      {chosen.length === 0 ? (
        <p className="px-5 py-4 text-ink-soft">Nothing yet. Add tools from the list.</p>
      ) : (
        <ul className="max-h-[36rem] divide-y divide-line overflow-y-auto">
          {chosen.map((one) => (
            <li key={one.toolId} className="grid gap-2.5 px-4 py-3">
              <div className="flex items-center justify-between gap-2">
                <span className="text-[0.87rem] text-ink-soft [overflow-wrap:anywhere]">
                  {one.from}
                </span>
                <IconButton
                  size="sm"
                  label={`Take ${one.from} out`}
                  onClick={() => onChange(chosen.filter(({ toolId }) => toolId !== one.toolId))}
                >
                  <Trash2 aria-hidden="true" />
                </IconButton>
              </div>
              <Field label="Name here" error={faults[one.toolId]}>
                {(aria) => (
                  <Input
                    {...aria}
                    className="font-mono text-[0.93rem]"
                    spellCheck={false}
                    autoCapitalize="none"
                    value={one.name ?? one.sourceName}
                    onChange={({ target }) => put(one.toolId, { name: target.value })}
                  />
                )}
              </Field>
              <Field label="What the agent reads about it" optional>
                {(aria) => (
                  <Textarea
                    {...aria}
                    rows={2}
                    placeholder="As it is where it comes from"
                    value={one.description ?? ''}
                    onChange={({ target }) => put(one.toolId, { description: target.value })}
                  />
                )}
              </Field>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
