import type { PolicyDocument } from '@sallyport/contracts'
import { useState } from 'react'
import { useFormContext, useWatch } from 'react-hook-form'
import { catalog } from '../../../catalog.ts'
import { Badge } from '../../../components/badge.tsx'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { Dialog } from '../../../components/dialog.tsx'
import { type ChosenGuard, GuardChoice } from '../../../components/guard-choice.tsx'
import { ownDomainsOf } from '../../../components/own-domains.ts'
import { useToast } from '../../../components/toast.tsx'
import { useSession } from '../../../session.ts'
import { usePutDraft } from '../use-put-draft.ts'
import { type PresetInDraft, presetsInDraft } from './guard-parts.ts'
import { KeptBack } from './kept-back.tsx'
import { levelWords } from './level-words.ts'
import { type GuardedAction, guardedActions, putGuard, withoutGuard } from './put-guard.ts'

/** Of each action that is granted: the guard whose rules stand below, and the way to another. Nothing where none is granted. */
export function GuardsSection({ connectionId }: { connectionId: string }) {
  const { control } = useFormContext<PolicyDocument>()
  const draft = useWatch({ control }) as PolicyDocument
  const known = guardedActions(draft).filter(
    ({ actionId, isGranted }) => !isGranted || catalog.findAction(actionId) !== undefined,
  )
  if (known.length === 0) return null
  return (
    <Card
      title="Guards"
      description="Ready-made rules for what is granted: what can hardly be undone, and what goes to strangers. They become rules below, where each can be changed."
    >
      <ul className="divide-y divide-line border-y border-line">
        {known.map((guarded) => (
          <GuardRow
            key={guarded.actionId}
            guarded={guarded}
            presets={presetsInDraft(draft, guarded, catalog.findAction)}
            connectionId={connectionId}
          />
        ))}
      </ul>
    </Card>
  )
}

interface GuardRowProps {
  readonly guarded: GuardedAction
  readonly presets: readonly PresetInDraft[]
  readonly connectionId: string
}

function GuardRow({ guarded, presets, connectionId }: GuardRowProps) {
  const [isOpen, setOpen] = useState(false)
  const { actionId, isGranted, level } = guarded
  const label = catalog.findAction(actionId)?.action.label ?? actionId
  return (
    <li className="grid gap-1 py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="min-w-0 flex-1 basis-40 font-medium [overflow-wrap:anywhere]">
          {label}
        </span>
        <GuardBadges level={level} presets={presets} isGranted={isGranted} />
        {isGranted ? (
          <Button size="sm" onClick={() => setOpen(true)}>
            Change…<span className="sr-only"> the guard of {label}</span>
          </Button>
        ) : (
          <TakeOut actionId={actionId} label={label} />
        )}
      </div>
      {presets.length > 0 && <KeptBack label={label} presets={presets} />}
      {isOpen && (
        <ChangeGuard
          guarded={guarded}
          label={label}
          connectionId={connectionId}
          onClose={() => setOpen(false)}
        />
      )}
    </li>
  )
}

interface GuardBadgesProps {
  readonly level: GuardedAction['level']
  readonly presets: readonly PresetInDraft[]
  readonly isGranted: boolean
}

/** The level, and whether the rules still are what it says. */
function GuardBadges({ level, presets, isGranted }: GuardBadgesProps) {
  if (!isGranted) return <Badge tone="warn">No longer granted</Badge>
  const changed = sum(presets.map(({ changedCount }) => changedCount))
  const missing = sum(presets.map(({ missingCount }) => missingCount))
  return (
    <>
      <Badge tone={level === 'none' ? 'neutral' : 'good'}>{levelWords[level]}</Badge>
      {changed > 0 && <Badge tone="warn">{changed} changed</Badge>}
      {missing > 0 && <Badge tone="warn">{missing} removed</Badge>}
    </>
  )
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)

/** Takes what is left of a guard out of the draft. */
function TakeOut({ actionId, label }: { actionId: string; label: string }) {
  const put = usePutDraft()
  return (
    <Button size="sm" onClick={() => put((draft) => withoutGuard(draft, actionId))}>
      Take out<span className="sr-only"> what is left of the guard of {label}</span>
    </Button>
  )
}

interface ChangeGuardProps {
  readonly guarded: GuardedAction
  readonly connectionId: string
  readonly label: string
  readonly onClose: () => void
}

function ChangeGuard({ guarded, label, connectionId, onClose }: ChangeGuardProps) {
  const { actionId, level, domains } = guarded
  const email = useSession()?.owner.email ?? ''
  const [chosen, setChosen] = useState<ChosenGuard>({
    level,
    domains: domains.length > 0 ? domains : ownDomainsOf(email),
  })
  const put = usePutDraft()
  const toast = useToast()
  const found = catalog.findAction(actionId)
  const take = () => {
    if (found === undefined) return
    const { level: wanted } = chosen
    put((draft) =>
      wanted === 'none'
        ? withoutGuard(draft, actionId)
        : putGuard(draft, found, { level: wanted, domains: [...chosen.domains] }),
    )
    toast(wanted === 'none' ? 'Guard taken out of the draft' : 'Guard put into the draft')
    onClose()
  }
  return (
    <Dialog
      title={`Guard for “${label}”`}
      description="Its rules take the place of those of the guard that is there; rules of your own stay as they are."
      open
      onClose={onClose}
    >
      <GuardChoice
        actionTemplateId={actionId}
        connectionId={connectionId}
        value={chosen}
        onChange={setChosen}
      />
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" onClick={take}>
          {chosen.level === 'none' ? 'Take it out of the draft' : 'Put it into the draft'}
        </Button>
      </div>
    </Dialog>
  )
}
