import type { AlertKind, AlertSettings } from '@sallyport/contracts'
import type { Planned } from './plan-alerts.ts'
import type { WatchStore } from './watch-store.ts'

const minuteMs = 60_000
/** An agent is disabled for what it did lately, not for what nobody looked at in time. */
const disabledForMsMax = 15 * minuteMs
/** After an owner enabled an agent, it is not disabled by itself for so long, nor for what it did before. */
const quietMs = 15 * minuteMs

/**
 * Disables the agent as an owner would: its tokens and running calls end. Answers whether that changed anything; durable and
 * recorded when it resolves.
 */
export type DisableAgent = (
  agent: { readonly workspaceId: string; readonly agentId: string },
  because: { readonly alertId: string; readonly kind: AlertKind },
) => Promise<boolean>

/** Builds what disables agents by itself, where the settings say so; answers the ids of the alerts that were the reason. */
export function createDisableOn(needs: {
  readonly store: Pick<WatchStore, 'findEnabledMs'>
  readonly disableAgent: DisableAgent
  readonly now: () => number
}) {
  return async (
    given: { readonly workspaceId: string; readonly settings: AlertSettings },
    planned: readonly Planned[],
  ): Promise<string[]> => {
    const { workspaceId, settings } = given
    const disabledBy: string[] = []
    const fromMs = needs.now() - disabledForMsMax
    for (const one of planned) {
      const { agentId, kind, lastMs } = one.finding
      const alertId = idOf(one)
      if (alertId === undefined || !settings.freezeOn.includes(kind) || lastMs < fromMs) continue
      const enabledMs = await needs.store.findEnabledMs(workspaceId, agentId)
      if (enabledMs !== undefined && lastMs <= enabledMs + quietMs) continue
      const isDisabled = await needs.disableAgent({ workspaceId, agentId }, { alertId, kind })
      if (isDisabled) disabledBy.push(alertId)
    }
    return disabledBy
  }
}

const idOf = (planned: Planned): string | undefined => {
  if ('raise' in planned) return planned.raise.id
  return 'goesOn' in planned ? planned.goesOn.id : undefined
}
