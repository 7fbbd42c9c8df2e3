import { callerCredentialLine } from '@sallyport/contracts'
import { Card } from '../../components/card.tsx'
import { CodeBlock } from '../../components/copy-button.tsx'

/** What whoever sets a caller up has to send, where each sends a credential of its own. */
export function CallerHeader({ connectionId }: { connectionId: string }) {
  return (
    <Card
      title="Each caller’s own credential"
      description="The vault keeps none. Every call has to bring one along, and what comes back is searched for it."
    >
      <div className="grid gap-3">
        <CodeBlock
          label="With calls over HTTP and /mcp"
          text={callerCredentialLine(connectionId)}
        />
        <CodeBlock
          label="For sallyport-mcp"
          text={`SALLYPORT_CALLER_CREDENTIAL="${connectionId} <credential>"`}
        />
      </div>
    </Card>
  )
}
