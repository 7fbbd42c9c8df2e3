import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type Output, query } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { Time } from '../../components/time.tsx'

type Usage = Output<'getPolicyUsage'>['usage'][number]

const askEveryMs = 15_000
const mebibyte = 1024 ** 2
const kibibyte = 1024
/** From here on a limit is nearly used up. */
const nearlyShare = 0.8

/** So many are shown before "Show all". */
const shownAtFirst = 6

/** How far the limits of the stored policy are used up now, the fullest first. Nothing where it has none. */
export function UsageCard({ policyId }: { policyId: string }) {
  const [isWhole, setWhole] = useState(false)
  const { data } = useQuery({
    ...query('getPolicyUsage', { policyId }),
    refetchInterval: askEveryMs,
  })
  if (data === undefined || data.usage.length === 0) return null
  const sorted = [...data.usage].sort((one, other) => shareOf(other) - shareOf(one))
  const shown = isWhole ? sorted : sorted.slice(0, shownAtFirst)
  return (
    <Card title="Used now">
      <ul className="grid gap-3">
        {shown.map((usage) => (
          <li key={usage.name}>
            <UsageBar usage={usage} />
          </li>
        ))}
      </ul>
      {shown.length < sorted.length && (
        <Button size="sm" className="mt-3" onClick={() => setWhole(true)}>
          Show all {sorted.length} limits
        </Button>
      )}
    </Card>
  )
}

const shareOf = ({ used, reserved, limit }: Usage): number =>
  limit === 0 ? 1 : Math.min(1, (used + reserved) / limit)

function UsageBar({ usage }: { usage: Usage }) {
  const { label, used, reserved, limit, unit, resetsAt } = usage
  const share = shareOf(usage)
  const said = `${amountOf(used, unit)} of ${amountOf(limit, unit)}`
  const look = share >= 1 ? 'bg-bad-fill' : share >= nearlyShare ? 'bg-warn' : 'bg-accent'
  return (
    <div className="grid gap-1 text-[0.87rem]">
      <div className="flex flex-wrap justify-between gap-x-3">
        <span className="inline-block first-letter:uppercase [overflow-wrap:anywhere]">
          {label}
        </span>
        <span className="text-ink-soft">{said}</span>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: browsers draw meter in colours of their own */}
      <div
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={limit}
        aria-valuenow={Math.min(limit, used + reserved)}
        aria-valuetext={said}
        className="h-2 overflow-hidden rounded-full bg-sunken outline outline-line"
      >
        <div className={`h-full ${look}`} style={{ width: `${share * 100}%` }} />
      </div>
      {(reserved > 0 || (share >= nearlyShare && resetsAt !== undefined)) && (
        <p className="text-ink-soft">
          {reserved > 0 && `${amountOf(reserved, unit)} more held for requests on their way. `}
          {share >= nearlyShare && resetsAt !== undefined && (
            <>
              All free again <Time at={resetsAt} />
            </>
          )}
        </p>
      )}
    </div>
  )
}

/** An amount with its unit, short. */
function amountOf(amount: number, unit: Usage['unit']): string {
  if (unit === 'usd') return `$${amount.toFixed(2)}`
  if (unit !== 'bytes') return amount.toLocaleString('en')
  if (amount >= mebibyte) return `${(amount / mebibyte).toFixed(1)} MiB`
  return amount >= kibibyte ? `${(amount / kibibyte).toFixed(1)} KiB` : `${amount} bytes`
}
