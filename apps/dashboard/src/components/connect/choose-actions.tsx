import type { Provider, Service } from '@sallyport/catalog'
import { Checkbox } from '../input.tsx'
import { ScopeSentence } from './scope-list.tsx'

interface ChooseActionsProps {
  readonly legend: string
  readonly service: Service
  readonly provider: Provider | undefined
  readonly chosen: readonly string[]
  /** Those that the account has been asked for already: they stay. */
  readonly fixed?: readonly string[]
  readonly onChange: (chosen: string[]) => void
}

/** What agents may come to need of an account: it decides what the account is asked for, and allows no agent anything yet. */
export function ChooseActions(props: ChooseActionsProps) {
  const { legend, service, provider, chosen, fixed = [], onChange } = props
  const toggle = (id: string, isChosen: boolean) =>
    onChange(
      service.actions
        .map((action) => action.id)
        .filter((of) => (of === id ? isChosen : chosen.includes(of))),
    )
  return (
    <fieldset className="grid min-w-0 gap-2">
      <legend className="mb-1.5 text-[0.93rem] font-medium">{legend}</legend>
      {service.actions.map(({ id, label, description, scopes = [] }) => (
        // biome-ignore lint/a11y/noLabelWithoutControl: Checkbox is an input
        <label
          key={id}
          className="flex cursor-pointer gap-3 rounded-md border border-line bg-surface px-3.5 py-2.5 hover:border-line-strong has-checked:border-accent has-checked:bg-accent-soft has-disabled:cursor-not-allowed has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
        >
          <Checkbox
            className="mt-0.5 outline-none"
            checked={chosen.includes(id) || fixed.includes(id)}
            disabled={fixed.includes(id)}
            onCheckedChange={(isChosen) => toggle(id, isChosen)}
          />
          <span className="min-w-0 [overflow-wrap:anywhere]">
            <span className="block font-medium">{label}</span>
            <span className="block text-[0.87rem] text-ink-soft">{description}</span>
            {scopes.length > 0 && (
              <span className="block text-[0.87rem]">
                The vault may then <ScopeSentence scopes={scopes} provider={provider} />.
              </span>
            )}
          </span>
        </label>
      ))}
    </fieldset>
  )
}
