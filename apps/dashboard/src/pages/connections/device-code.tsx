import type { ConnectFlow } from '@sallyport/contracts'
import { LoaderCircle } from 'lucide-react'
import { Card } from '../../components/card.tsx'
import { CodeBlock } from '../../components/copy-button.tsx'
import { ExternalLink } from '../../components/external-link.tsx'
import { QrCode } from '../../components/qr-code.tsx'
import { Time } from '../../components/time.tsx'
import { GiveUp } from './give-up.tsx'

const isLink = (url: string) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)

/** RFC 8628: a code that is typed in on another device, while this page waits. */
export function DeviceCode({ flow }: { flow: ConnectFlow }) {
  const { userCode = '', verificationUri = '', expiresAt } = flow
  const direct = flow.verificationUriComplete ?? verificationUri
  return (
    <Card
      title="Sign in on another device"
      description="Open the page there, by its address or with the camera, and compare the code."
    >
      <div className="grid gap-5 md:grid-cols-[1fr_auto]">
        <div className="grid content-start gap-4">
          <div>
            <p className="text-[0.93rem] text-ink-soft">Page</p>
            <p className="[overflow-wrap:anywhere]">
              {isLink(verificationUri) ? (
                <ExternalLink href={verificationUri}>{verificationUri}</ExternalLink>
              ) : (
                verificationUri
              )}
            </p>
          </div>
          <CodeBlock label="Code" text={userCode} />
          <p role="status" className="flex items-center gap-2.5 text-ink-soft">
            <LoaderCircle aria-hidden="true" className="size-4.5 shrink-0 animate-spin" />
            <span>
              Waiting for you; the code ends <Time at={expiresAt} />
            </span>
          </p>
          <div className="flex flex-wrap gap-2">
            <GiveUp flow={flow} />
          </div>
        </div>
        {isLink(direct) && <QrCode text={direct} label="QR code of the page, with the code" />}
      </div>
    </Card>
  )
}
