import { useSession } from '../session.ts'

/** Out of sight, in a form with a password: tells the browser's own store of passwords whose it is. */
export function UserName() {
  return (
    <input
      type="email"
      autoComplete="username"
      value={useSession()?.owner.email ?? ''}
      readOnly
      hidden
    />
  )
}
