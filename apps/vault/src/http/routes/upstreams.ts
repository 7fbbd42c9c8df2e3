import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

export const upstreamRoutes = ({ upstreams }: Rooms): Mounted[] => {
  const { servers, variables, installation, signIn } = upstreams
  return [
    // Before those of a single server: `test` and `refresh` are no ids.
    mount(op.testMcpServerDraft, ({ caller, input }) => servers.testDraft(caller, input)),
    mount(op.refreshMcpServers, ({ caller, input }) => servers.refreshAll(caller, input)),
    mount(op.createMcpServer, ({ caller, input }) => servers.create(caller, input)),
    mount(op.listMcpServers, ({ caller, input }) => servers.list(caller, input)),
    mount(op.getMcpServer, ({ caller, input }) => servers.get(caller, input)),
    mount(op.updateMcpServer, ({ caller, input }) => servers.update(caller, input)),
    mount(op.deleteMcpServer, ({ caller, input }) => servers.delete(caller, input)),
    mount(op.toggleMcpServer, ({ caller, input }) => servers.toggle(caller, input)),
    mount(op.testMcpServer, ({ caller, input }) => servers.test(caller, input)),
    mount(op.refreshMcpServer, ({ caller, input }) => servers.refresh(caller, input)),
    mount(op.getMcpServerLog, ({ caller, input }) => servers.log(caller, input)),
    mount(op.getMcpServerChanges, ({ caller, input }) => servers.changes(caller, input)),
    mount(op.acceptMcpServerChanges, ({ caller, input }) => servers.acceptChanges(caller, input)),
    mount(op.getMcpPrograms, () => installation.programs()),
    mount(op.checkMcpCommand, ({ input }) => installation.check(input)),
    mount(op.installMcpPackage, ({ caller, input }) => installation.install(caller, input)),
    mount(op.discoverMcpSignIn, ({ caller, input }) => signIn.discover(caller, input)),
    mount(op.signInToMcpServer, ({ caller, input }) => signIn.signIn(caller, input)),
    mount(op.signOutOfMcpServer, ({ caller, input }) => signIn.signOut(caller, input)),
    mount(op.getMcpClientMetadata, () => signIn.clientMetadata(op.getMcpClientMetadata.path)),
    mount(op.listVariables, ({ caller, input }) => variables.list(caller, input)),
    mount(op.putVariable, ({ caller, input }) => variables.put(caller, input)),
    mount(op.deleteVariable, ({ caller, input }) => variables.delete(caller, input)),
  ]
}
