import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { type Output, query, useAction } from '../../api.ts'
import { Badge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { Card, Facts } from '../../components/card.tsx'
import { CodeBlock } from '../../components/copy-button.tsx'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { Notice } from '../../components/notice.tsx'
import { ErrorState } from '../../components/states.tsx'
import { useToast } from '../../components/toast.tsx'
import { useSession } from '../../session.ts'
import { roleNames } from './roles.ts'
import { SingleSignOnForm } from './single-sign-on-form.tsx'

type SingleSignOn = NonNullable<Output<'getSingleSignOn'>['singleSignOn']>

/** People sign in at the organisation's own provider. */
export function SingleSignOnPage() {
  const { data, error, refetch } = useQuery(query('getSingleSignOn', {}))
  const isOwner = useSession()?.owner.role === 'owner'
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const { singleSignOn, redirectUri } = data
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-2xl text-ink-soft">
          People sign in at your organisation’s OpenID provider, and get their role from their
          groups there. {!isOwner && 'Only an owner can change this.'}
        </p>
        <Badge tone={singleSignOn === undefined ? 'neutral' : 'good'}>
          {singleSignOn === undefined ? 'Off' : 'On'}
        </Badge>
      </div>
      <Notice title="An owner with a password always gets in.">
        <p>
          Should the provider fail, or refuse everybody, a person with the role of an owner still
          signs in here with a password or a passkey, whatever is set below. Keep one such owner,
          and the password in a safe place.
        </p>
      </Notice>
      {isOwner ? (
        <>
          <Register redirectUri={redirectUri} />
          <Card title={singleSignOn === undefined ? 'Set it up' : 'Settings'}>
            <SingleSignOnForm key={singleSignOn?.updatedAt} singleSignOn={singleSignOn} />
          </Card>
          {singleSignOn !== undefined && <End />}
        </>
      ) : (
        singleSignOn !== undefined && <Settings singleSignOn={singleSignOn} />
      )}
    </div>
  )
}

function Register({ redirectUri }: { redirectUri: string }) {
  return (
    <Card title="What to register with the provider">
      <div className="grid gap-3.5">
        <p>
          A confidential client (a “web application”) for the authorization code flow, with this
          redirect URI. Let it put the person’s e-mail address, and their groups if roles are to
          follow them, into the ID token.
        </p>
        <CodeBlock label="Redirect URI, exactly so" text={redirectUri} />
      </div>
    </Card>
  )
}

/** For those who may look. */
function Settings({ singleSignOn }: { singleSignOn: SingleSignOn }) {
  const { issuer, clientId, label, allowedDomains, allowedGroups, defaultRole } = singleSignOn
  const list = (texts: readonly string[], none: string) =>
    texts.length === 0 ? none : texts.join(', ')
  const lines: [string, ReactNode][] = [
    ['Provider', label],
    ['Issuer', issuer],
    ['Client id', <code key="client">{clientId}</code>],
    ['Domains', list(allowedDomains, 'Any')],
    ['Groups', list(allowedGroups, 'Any')],
    ...singleSignOn.roleMapping.map(({ group, role }): [string, ReactNode] => [
      `In ${group}`,
      roleNames[role],
    ]),
    ['Everybody else', defaultRole === null ? 'Must have been invited' : roleNames[defaultRole]],
    ['Passwords', singleSignOn.required ? 'Owners alone' : 'Everybody who has one'],
  ]
  return (
    <Card title="Settings">
      <Facts items={lines} />
    </Card>
  )
}

function End() {
  const [open, setOpen] = useState(false)
  const toast = useToast()
  const end = useAction('deleteSingleSignOn', {
    invalidates: ['session'],
    onDone: () => {
      setOpen(false)
      toast('Single sign-on has ended')
    },
  })
  return (
    <Card title="End single sign-on">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
        <p className="min-w-0 flex-1 basis-60 text-[0.93rem] text-ink-soft">
          Everybody signs in here again. Who never had a password needs an invitation.
        </p>
        <Button variant="danger" onClick={() => setOpen(true)}>
          End
        </Button>
      </div>
      <ConfirmDialog
        title="End single sign-on?"
        confirmLabel="End"
        danger
        open={open}
        busy={end.isPending}
        error={end.error}
        onConfirm={() => end.mutate({})}
        onClose={() => setOpen(false)}
      >
        <p>
          The sessions that were begun by it end at once, yours too if you signed in by it. Members
          stay members.
        </p>
      </ConfirmDialog>
    </Card>
  )
}
