import { useQuery } from '@tanstack/react-query'
import { query } from '../../api.ts'
import { Card, Facts } from '../../components/card.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { ErrorState } from '../../components/states.tsx'
import { useSession } from '../../session.ts'
import { PasskeysCard } from './passkeys-card.tsx'
import { PasswordCard } from './password-card.tsx'
import { roleNames } from './roles.ts'
import { SessionsCard } from './sessions-card.tsx'
import { TotpCard } from './totp-card.tsx'

const signsInElsewhere = [
  'Signs in',
  'At the organisation’s own provider (single sign-on)',
] as const

/** How one signs in, and where one is signed in. */
export function AccountPage() {
  const session = useSession()
  const { data, error, refetch } = useQuery(query('getAccount', {}))
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const { account } = data
  return (
    <div className="grid gap-5">
      <Card title="You">
        <Facts
          items={[
            ['E-mail address', account.email],
            ['Role', session === undefined ? '' : roleNames[session.owner.role]],
            ...(account.singleSignOn ? [signsInElsewhere] : []),
          ]}
        />
      </Card>
      <PasskeysCard offered={account.passkeysOffered} />
      {account.password && <TotpCard account={account} />}
      {account.password && <PasswordCard />}
      <SessionsCard />
    </div>
  )
}
