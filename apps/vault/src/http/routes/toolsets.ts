import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

export const toolsetRoutes = ({ toolsets }: Rooms): Mounted[] => [
  // Before those of a single toolset: `preview` is no id.
  mount(op.previewToolset, ({ caller, input }) => toolsets.preview(caller, input)),
  mount(op.listToolsetTemplates, ({ input }) => toolsets.listTemplates(input)),
  mount(op.createToolset, ({ caller, input }) => toolsets.create(caller, input)),
  mount(op.listToolsets, ({ caller, input }) => toolsets.list(caller, input)),
  mount(op.getToolset, ({ caller, input }) => toolsets.get(caller, input)),
  mount(op.updateToolset, ({ caller, input }) => toolsets.update(caller, input)),
  mount(op.deleteToolset, ({ caller, input }) => toolsets.delete(caller, input)),
  mount(op.replaceToolsetSource, ({ caller, input }) => toolsets.replaceSource(caller, input)),
  mount(op.listToolsetVersions, ({ caller, input }) => toolsets.versions.list(caller, input)),
  mount(op.compareToolsetVersions, ({ caller, input }) => toolsets.versions.compare(caller, input)),
  mount(op.restoreToolsetVersion, ({ caller, input }) => toolsets.versions.restore(caller, input)),
  mount(op.exportToolset, ({ caller, input }) => toolsets.export(caller, input)),
  mount(op.listTools, ({ caller, input }) => toolsets.listTools(caller, input)),
  mount(op.getTool, ({ caller, input }) => toolsets.getTool(caller, input)),
  mount(op.updateTool, ({ caller, input }) => toolsets.updateTool(caller, input)),
]
