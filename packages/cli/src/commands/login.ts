import type { Command } from 'commander'
import { readStoredToken, storeToken } from '../settings.ts'
import { type SignInOptions, signIn } from '../sign-in.ts'
import type { RunCommand } from './run-command.ts'

/** `sallyport login` and `logout`: the owner's token of this machine. */
export function addLoginCommands(program: Command, run: RunCommand): void {
  program
    .command('login')
    .description('Sign in as an owner (the first one, where there is none) and keep a token')
    .option('--email <address>', 'whose; the password is asked for, or read from stdin')
    .action(
      run(async ({ terminal, settings }, [options]: [SignInOptions]) => {
        const { expiresAt } = await signIn(settings, terminal, options)
        terminal.answer(
          { signedIn: true, url: settings.baseUrl, expiresAt },
          `Signed in to ${settings.baseUrl} until ${dayOf(expiresAt)}.`,
        )
      }),
    )

  program
    .command('logout')
    .description('Forget the token of this machine')
    .action(
      run(async ({ terminal, settings }) => {
        const stored = readStoredToken(settings)
        if (stored !== undefined) storeToken(settings, undefined)
        terminal.answer(
          { signedIn: false, url: settings.baseUrl },
          stored === undefined
            ? `There was no sign-in to ${settings.baseUrl} here.`
            : `Forgotten here. Where the token was copied to, it works until ${dayOf(stored.expiresAt)}.`,
        )
      }),
    )
}

const dayOf = (timestamp: string) => timestamp.slice(0, 10)
