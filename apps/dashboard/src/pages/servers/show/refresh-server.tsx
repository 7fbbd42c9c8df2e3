import type { McpServer } from '@sallyport/contracts'
import { RefreshCw } from 'lucide-react'
import { useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { useToast } from '../../../components/toast.tsx'

/** Connects anew and reads the tools again; what serves goes on until the new connection stands. */
export function RefreshServer({ server: { id } }: { server: McpServer }) {
  const toast = useToast()
  const refresh = useAction('refreshMcpServer', {
    invalidates: ['toolsets', 'tools'],
    onDone: ({ server }) =>
      server.status === 'connected' && server.lastFailure === undefined
        ? toast('Connected anew')
        : toast('It could not be connected anew', 'bad'),
  })
  return (
    <Button
      size="sm"
      busy={refresh.isPending}
      onClick={() =>
        refresh.mutate({ serverId: id }, { onError: ({ detail }) => toast(detail, 'bad') })
      }
    >
      {!refresh.isPending && <RefreshCw aria-hidden="true" />} Refresh
    </Button>
  )
}
