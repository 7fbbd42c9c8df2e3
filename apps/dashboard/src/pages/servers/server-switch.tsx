import type { McpServer } from '@sallyport/contracts'
import { useAction } from '../../api.ts'
import { Switch } from '../../components/input.tsx'
import { useToast } from '../../components/toast.tsx'

/** Turns a server on, or off for everybody at once. */
export function ServerSwitch({ server: { id, name, enabled } }: { server: McpServer }) {
  const toast = useToast()
  const toggle = useAction('toggleMcpServer', {
    invalidates: ['toolsets', 'tools'],
    onDone: ({ server }) => toast(server.enabled ? 'Server turned on' : 'Server turned off'),
  })
  return (
    <Switch
      aria-label={`${name} is on`}
      checked={toggle.isPending ? toggle.variables.enabled === true : enabled}
      disabled={toggle.isPending}
      onCheckedChange={(next) =>
        toggle.mutate(
          { serverId: id, enabled: next },
          { onError: ({ detail }) => toast(detail, 'bad') },
        )
      }
    />
  )
}
