import { CommandError, type Terminal } from '../terminal.ts'

/** Goes on where the person says yes. Where nobody can be asked, what was not said by --yes is not done. */
export async function requireYes(
  terminal: Terminal,
  question: string,
  { yes, isSafe = false }: { readonly yes?: boolean | undefined; readonly isSafe?: boolean },
): Promise<void> {
  if (yes === true) return
  if (!terminal.interactive) {
    if (isSafe) return
    throw new CommandError(`${question} Nobody can be asked here: add --yes. Nothing was done.`)
  }
  const goesOn = await terminal.choose(question, [
    { value: true, name: 'yes' },
    { value: false, name: 'no' },
  ])
  if (!goesOn) throw new CommandError('Nothing was done.')
}
