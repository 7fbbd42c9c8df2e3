import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

/** Where people are told of what happens, and how the workspace sends mail. */
export const notificationRoutes = ({ notify }: Rooms): Mounted[] => [
  mount(op.createNotificationChannel, ({ caller, input }) => notify.channels.create(caller, input)),
  mount(op.listNotificationChannels, ({ caller, input }) => notify.channels.list(caller, input)),
  mount(op.getWebPushKey, ({ caller }) => notify.getWebPushKey(caller)),
  mount(op.getNotificationChannel, ({ caller, input }) => notify.channels.get(caller, input)),
  mount(op.updateNotificationChannel, ({ caller, input }) => notify.channels.update(caller, input)),
  mount(op.deleteNotificationChannel, ({ caller, input }) => notify.channels.delete(caller, input)),
  mount(op.testNotificationChannel, ({ caller, input }) => notify.testChannel(caller, input)),
  mount(op.renewNotificationSecret, ({ caller, input }) =>
    notify.channels.renewSecret(caller, input),
  ),
  mount(op.listNotificationDeliveries, ({ caller, input }) => notify.listDeliveries(caller, input)),
  mount(op.getMailServer, ({ caller }) => notify.mailServers.get(caller)),
  mount(op.putMailServer, ({ caller, input }) => notify.mailServers.put(caller, input)),
  mount(op.deleteMailServer, ({ caller }) => notify.mailServers.delete(caller)),
]
