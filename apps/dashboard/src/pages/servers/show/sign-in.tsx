import type { McpServer } from '@sallyport/contracts'
import { type ReactNode, useState } from 'react'
import { useAction } from '../../../api.ts'
import { Button, TextLink } from '../../../components/button.tsx'
import { Card, Facts } from '../../../components/card.tsx'
import { ScopeList } from '../../../components/connect/scope-list.tsx'
import { ConfirmDialog } from '../../../components/dialog.tsx'
import { Notice } from '../../../components/notice.tsx'
import { useToast } from '../../../components/toast.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { useMay } from '../../../session.ts'
import { SignInWays } from './sign-in-ways.tsx'

/** How a server is signed in to by OAuth: what it wants, what it has, and the way to it. */
export function SignIn({ server }: { server: McpServer }) {
  const { auth } = server
  const mayAct = useMay('connections:write')
  const isIn = auth.state === 'signed_in'
  const [again, setAgain] = useState(false)
  return (
    <Card
      title="Sign-in"
      actions={
        mayAct && (
          <>
            {isIn && !again && (
              <Button size="sm" onClick={() => setAgain(true)}>
                Sign in again
              </Button>
            )}
            {auth.kind !== 'none' && <SignOut server={server} />}
          </>
        )
      }
    >
      <div className="grid gap-4">
        <Wanted server={server} />
        {auth.kind !== 'none' && <Facts items={factsOf(auth)} />}
        {mayAct && (!isIn || again) && <SignInWays server={server} />}
      </div>
    </Card>
  )
}

/** What an owner has to do, where there is something. */
function Wanted({ server: { auth } }: { server: McpServer }) {
  if (auth.state === 'required') {
    return (
      <p className="text-[0.93rem] text-ink-soft">
        The server lets nobody in without a sign-in, or another credential in its headers.
      </p>
    )
  }
  if (auth.state === 'ended') {
    return (
      <Notice tone="bad" title="The sign-in has ended.">
        {auth.message !== undefined && <UntrustedText text={auth.message} />}
        <p>Sign in again: its tools and their grants stay as they are.</p>
      </Notice>
    )
  }
  if (auth.state !== 'scopes_needed') return null
  return (
    <Notice tone="warn" title="It wants more than it was granted.">
      <ScopeList scopes={auth.neededScopes ?? []} provider={undefined} />
      <p>Sign in again to grant that as well.</p>
    </Notice>
  )
}

function factsOf(auth: McpServer['auth']): [string, ReactNode][] {
  const { kind, account, scopes = [], connectionId } = auth
  const facts: [string, ReactNode][] = [
    ['As', kind === 'client_credentials' ? 'A client, for itself' : 'A person'],
  ]
  if (account !== undefined) {
    facts.push(['Account', <UntrustedText key="account" inline limit={200} text={account} />])
  }
  if (scopes.length > 0) {
    facts.push(['Granted', <ScopeList key="scopes" scopes={scopes} provider={undefined} />])
  }
  if (connectionId !== undefined) {
    const link = (
      <TextLink key="link" to="/connections/$connectionId" params={{ connectionId }}>
        Its tokens, for this server alone
      </TextLink>
    )
    facts.push(['Connection', link])
  }
  return facts
}

function SignOut({ server }: { server: McpServer }) {
  const [open, setOpen] = useState(false)
  const toast = useToast()
  const signOut = useAction('signOutOfMcpServer', {
    invalidates: ['connections', 'oauth-apps'],
    onDone: () => {
      setOpen(false)
      toast('Signed out')
    },
  })
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Sign out
      </Button>
      <ConfirmDialog
        title="Sign out of this server?"
        confirmLabel="Sign out"
        danger
        open={open}
        busy={signOut.isPending}
        error={signOut.error}
        onConfirm={() => signOut.mutate({ serverId: server.id })}
        onClose={() => setOpen(false)}
      >
        <p>
          Its tokens are destroyed here, and its authorization server is told. Its tools and their
          grants stay; calls fail until somebody signs in again.
        </p>
      </ConfirmDialog>
    </>
  )
}
