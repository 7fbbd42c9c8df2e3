import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

export const alertRoutes = ({ alerts }: Rooms): Mounted[] => [
  mount(op.listAlerts, ({ caller, input }) => alerts.list(caller, input)),
  mount(op.acknowledgeAlert, ({ caller, input }) => alerts.acknowledge(caller, input)),
  mount(op.acknowledgeAlerts, ({ caller, input }) => alerts.acknowledgeAll(caller, input)),
  mount(op.getAlertSettings, ({ caller }) => alerts.getSettings(caller)),
  mount(op.putAlertSettings, ({ caller, input }) => alerts.putSettings(caller, input)),
]
