import type { PolicyDocument } from '@sallyport/contracts'
import { useState } from 'react'
import { useFormContext, useWatch } from 'react-hook-form'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { NumberField } from '../../components/form-fields.tsx'

const amounts = [
  ['tokensPerDay', 'Tokens a day'],
  ['tokensPerMonth', 'Tokens a month'],
  ['usdPerDay', 'US dollars a day'],
  ['usdPerMonth', 'US dollars a month'],
] as const

/** What may be used of a language model. Closed where the service is none and nothing is said. */
export function BudgetSection({ isModel }: { isModel: boolean }) {
  const { control } = useFormContext<PolicyDocument>()
  const budget = useWatch({ control, name: 'limits.budget' })
  const [wasOpened, setOpened] = useState(isModel)
  const isSaid = Object.values(budget ?? {}).some((amount) => amount !== undefined)
  return (
    <Card
      title="Budget"
      description="For language models: what may be used, as the provider counts it in its answers. A month is 30 days."
    >
      {wasOpened || isSaid ? (
        <div className="grid gap-3">
          <div className="grid grid-cols-2 gap-4">
            {amounts.map(([member, label]) => (
              <NumberField
                key={member}
                name={`limits.budget.${member}`}
                label={label}
                type="number"
                step="any"
                inputMode="decimal"
                min={0}
              />
            ))}
          </div>
          <p className="text-[0.87rem] text-ink-soft">
            Dollars are reckoned by list prices, which may differ from your bill. A request that
            would not fit any more is refused until enough time has passed.
          </p>
        </div>
      ) : (
        <Button size="sm" onClick={() => setOpened(true)}>
          Set a budget
        </Button>
      )}
    </Card>
  )
}
