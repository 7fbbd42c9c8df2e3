import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

export const sourceRoutes = ({ sources }: Rooms): Mounted[] => [
  // Before those of a single source: `import` and `test` are no ids.
  mount(op.previewSources, ({ caller, input }) => sources.preview(caller, input)),
  mount(op.importSources, ({ caller, input }) => sources.import(caller, input)),
  mount(op.testSourceDraft, ({ caller, input }) => sources.testDraft(caller, input)),
  mount(op.createSource, ({ caller, input }) => sources.create(caller, input)),
  mount(op.listSources, ({ caller, input }) => sources.list(caller, input)),
  mount(op.getSource, ({ caller, input }) => sources.get(caller, input)),
  mount(op.updateSource, ({ caller, input }) => sources.update(caller, input)),
  mount(op.deleteSource, ({ caller, input }) => sources.delete(caller, input)),
  mount(op.putSourceTools, ({ caller, input }) => sources.putTools(caller, input)),
  mount(op.testSource, ({ caller, input }) => sources.test(caller, input)),
]
