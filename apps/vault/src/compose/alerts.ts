import { createAlerts } from '../alerts/alerts.ts'
import { createWatch } from '../alerts/watch.ts'
import type { Identity } from '../identity/identity.ts'
import { createAlertWatchStore } from '../store/alert-watch.ts'
import { createAlertStore } from '../store/alerts.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'

/** Builds the room that watches what agents do, with what its jobs run. */
export function composeAlerts(
  { now }: ComposeNeeds,
  { database, audit, newId, onFailure }: Foundation,
  { agents }: Pick<Identity, 'agents'>,
) {
  return {
    alerts: createAlerts({ store: createAlertStore(database), audit, newId, now }),
    watch: createWatch({
      store: createAlertWatchStore(database),
      disableAgent: agents.disableByItself,
      ...{ audit, newId, now },
      holder: newId('audit'),
      onFailure: (error) => onFailure('what agents do was not watched', error),
    }),
  }
}
