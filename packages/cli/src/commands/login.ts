import type { Command } from 'commander'
import { storeToken } from '../settings.ts'
import { signIn } from '../sign-in.ts'
import type { RunCommand } from './run-command.ts'

/** `sallyport login` and `logout`: the owner's token of this machine. */
export function addLoginCommands(program: Command, run: RunCommand): void {
  program
    .command('login')
    .description('Sign in as an owner (the first one, where there is none) and keep a token')
    .action(
      run(async ({ terminal, settings }) => {
        await signIn(settings, terminal)
        terminal.answer({ signedIn: true }, `Signed in to ${settings.baseUrl} for 90 days.`)
      }),
    )

  program
    .command('logout')
    .description('Forget the token of this machine')
    .action(
      run(async ({ terminal, settings }) => {
        storeToken(settings, undefined)
        terminal.answer({ signedIn: false }, `The token for ${settings.baseUrl} is forgotten here.`)
      }),
    )
}
