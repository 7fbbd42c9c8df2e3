import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

export const activityRoutes = ({ countActivity }: Rooms): Mounted[] => [
  mount(op.getActivity, ({ caller, input }) => countActivity(caller, input)),
]
