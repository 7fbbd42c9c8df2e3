import { Problem } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import type { Settings } from './settings.ts'
import { inFreshSession } from './sign-in.ts'
import type { Terminal } from './terminal.ts'

interface Needs<Answer> {
  readonly settings: Settings
  readonly terminal: Terminal
  readonly call: (client: Client) => Promise<Answer>
}

/**
 * Makes a call with the owner's token. Where the vault wants proof that the person is there now, asks for the password of
 * the token's owner and makes the call in a session that lasts as long as it; where nobody can be asked, the vault's
 * problem is the answer.
 */
export async function withFreshSignIn<Answer>(
  client: Client,
  { settings, terminal, call }: Needs<Answer>,
): Promise<Answer> {
  try {
    return await call(client)
  } catch (thrown) {
    if (!(thrown instanceof Problem) || !wantsPerson.has(thrown.type)) throw thrown
    if (!terminal.interactive) {
      throw new Problem(thrown.type, thrown.detail, {
        next: 'Run it in a terminal, where your password can be asked for, or use the dashboard.',
      })
    }
    terminal.note(thrown.detail)
    const { owner } = await client.call('getSession', {})
    terminal.note(`Sign in again as ${owner.email}.`)
    return await inFreshSession(settings, { terminal, email: owner.email }, call)
  }
}

/** The problems that a person who signs in again puts right. */
export const wantsPerson: ReadonlySet<string> = new Set([
  'fresh-sign-in-required',
  'session-required',
])
