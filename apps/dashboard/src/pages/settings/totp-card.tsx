import { confirmTotp } from '@sallyport/contracts'
import { useState } from 'react'
import { type Output, useAction } from '../../api.ts'
import { Badge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { CodeBlock } from '../../components/copy-button.tsx'
import { ConfirmDialog, Dialog } from '../../components/dialog.tsx'
import { Form } from '../../components/form.tsx'
import { TextField } from '../../components/form-fields.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import { QrCode } from '../../components/qr-code.tsx'
import { useToast } from '../../components/toast.tsx'
import { RecoveryCodes } from './recovery-codes.tsx'

type Account = Output<'getAccount'>['account']
const account = { invalidates: ['account'] }

/** One-time codes of an authenticator app (RFC 6238), and the recovery codes that go with them. */
export function TotpCard({ account: { totp, recoveryCodesLeft } }: { account: Account }) {
  const [codes, setCodes] = useState<readonly string[]>()
  const [turningOff, setTurningOff] = useState(false)
  const begin = useAction('beginTotp', account)
  const renew = useAction('renewRecoveryCodes', {
    ...account,
    onDone: ({ recoveryCodes }) => setCodes(recoveryCodes),
  })
  return (
    <Card
      title="One-time codes"
      description="After your password, signing in asks for six digits of an app on your phone."
      actions={<Badge tone={totp ? 'good' : 'neutral'}>{totp ? 'On' : 'Off'}</Badge>}
    >
      <div className="grid gap-3">
        <ProblemOf error={begin.error ?? renew.error} />
        {totp && <p>{recoveryCodesLeft} recovery codes are left.</p>}
        <div className="flex flex-wrap gap-2">
          {totp ? (
            <>
              <Button busy={renew.isPending} onClick={() => renew.mutate({})}>
                Make new recovery codes
              </Button>
              <Button onClick={() => setTurningOff(true)}>Turn off</Button>
            </>
          ) : (
            <Button busy={begin.isPending} onClick={() => begin.mutate({})}>
              Set up one-time codes
            </Button>
          )}
        </div>
      </div>
      <Enrol
        begun={totp ? undefined : begin.data}
        onCodes={setCodes}
        onClose={() => begin.reset()}
      />
      <RecoveryCodes codes={codes} onClose={() => setCodes(undefined)} />
      <TurnOff open={turningOff} onClose={() => setTurningOff(false)} />
    </Card>
  )
}

const ProblemOf = ({ error }: { error: unknown }) =>
  error === null || error === undefined ? null : <ProblemNotice error={error} />

interface EnrolProps {
  readonly begun: Output<'beginTotp'> | undefined
  readonly onCodes: (codes: readonly string[]) => void
  readonly onClose: () => void
}

function Enrol({ begun, onCodes, onClose }: EnrolProps) {
  const confirm = useAction('confirmTotp', {
    ...account,
    onDone: ({ recoveryCodes }) => {
      onClose()
      onCodes(recoveryCodes)
    },
  })
  return (
    <Dialog
      title="Set up one-time codes"
      description="Scan this with an authenticator app, then type the six digits that it shows."
      open={begun !== undefined}
      onClose={onClose}
    >
      {begun !== undefined && (
        <div className="grid gap-5">
          <div className="grid justify-items-center">
            <QrCode text={begun.uri} label="QR code for the authenticator app" />
          </div>
          <CodeBlock label="Or type this into the app" text={begun.secret} />
          <Form
            schema={confirmTotp.input}
            defaults={{ otp: '' }}
            onSubmit={confirm.mutateAsync}
            submitLabel="Turn on"
            actions={<Button onClick={onClose}>Cancel</Button>}
          >
            <TextField
              name="otp"
              label="Six digits"
              inputMode="numeric"
              autoComplete="one-time-code"
            />
          </Form>
        </div>
      )}
    </Dialog>
  )
}

function TurnOff({ open, onClose }: { open: boolean; onClose: () => void }) {
  const toast = useToast()
  const disable = useAction('disableTotp', {
    ...account,
    onDone: () => {
      toast('One-time codes are off')
      onClose()
    },
  })
  return (
    <ConfirmDialog
      title="Turn one-time codes off?"
      confirmLabel="Turn off"
      danger
      open={open}
      busy={disable.isPending}
      error={disable.error}
      onConfirm={() => disable.mutate({})}
      onClose={onClose}
    >
      <p>Whoever has your password can then sign in with nothing else. Your recovery codes end.</p>
    </ConfirmDialog>
  )
}
