import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

/** Accounts at Slack and Telegram, and what is pressed there. */
export const reachRoutes = ({ reach }: Rooms): Mounted[] => [
  mount(op.startLinking, ({ caller, input }) => reach.linking.start(caller, input)),
  mount(op.finishLinking, ({ caller, input }) => reach.linking.finish(caller, input)),
  mount(op.takeSlackCallback, ({ input }) => reach.takeSlackCallback(input)),
  mount(op.takeTelegramCallback, ({ input }) => reach.takeTelegramCallback(input)),
]
