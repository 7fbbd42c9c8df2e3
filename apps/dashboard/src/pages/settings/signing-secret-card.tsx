import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { SigningSecret } from './notifications/signing-secret.tsx'

/** A secret that is shown once, right after it was made. */
export function SigningSecretCard({ secret, onDone }: { secret: string; onDone: () => void }) {
  return (
    <Card title="Copy the signing secret now" description="It is not shown again.">
      <div className="grid gap-4">
        <SigningSecret secret={secret} />
        <div>
          <Button variant="primary" onClick={onDone}>
            Done
          </Button>
        </div>
      </div>
    </Card>
  )
}
