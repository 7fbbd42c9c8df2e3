import { basename } from 'node:path'
import type { checkMcpCommand, getMcpPrograms, InputOf, OutputOf } from '@sallyport/contracts'
import type { CommandCheck } from '../programs/programs.ts'
import { type Installer, readPackage } from './package-name.ts'

interface CommandNeeds {
  readonly checkCommand: (command: string) => CommandCheck
}

interface ProgramNeeds {
  /** The absolute paths of the operator’s installers. */
  readonly installers: readonly string[]
  /** Whether there is any program that may be run, and whether each runs as a user of its own. */
  readonly programs: { readonly isAllowed: boolean; readonly isIsolated: boolean }
}

/** Which installer a launcher belongs to. */
const launchers: Readonly<Record<string, Installer>> = {
  ...{ npx: 'npm', npm: 'npm', node: 'npm' },
  ...{ uvx: 'uv', uv: 'uv', bunx: 'bun', bun: 'bun' },
}
const installCommands: Readonly<Record<Installer, (name: string) => string>> = {
  npm: (name) => `npm install --global --ignore-scripts ${name}`,
  uv: (name) => `uv tool install ${name}`,
  bun: (name) => `bun add --global ${name}`,
}
const launcherCommands: Readonly<Record<Installer, string>> = {
  npm: 'apt-get install -y nodejs npm',
  uv: 'pip install uv',
  bun: 'npm install --global bun',
}

/** Says whether a command is there and allowed, and what installs it. Nothing is run. */
export function checkCommand(
  needs: CommandNeeds,
  { command, package: named }: InputOf<typeof checkMcpCommand>,
): OutputOf<typeof checkMcpCommand> {
  const found = needs.checkCommand(command)
  const installer = launchers[basename(command)]
  const isPackage = named !== undefined && readPackage(named, installer ?? 'npm') !== undefined
  const install =
    isPackage && named !== undefined
      ? {
          ...{ command: installCommands[installer ?? 'npm'](named), package: named },
          installer: installer ?? ('npm' as const),
        }
      : installer === undefined || found.isThere
        ? undefined
        : { command: launcherCommands[installer] }
  return {
    exists: found.isThere,
    allowed: found.isAllowed,
    ...(found.path !== undefined && { path: found.path }),
    message: found.next === undefined ? found.message : `${found.message} ${found.next}`,
    ...(!found.isAllowed && install !== undefined && { install }),
  }
}

/** Says what the operator lets owners run and install, and as whom programs run. */
export function describePrograms({
  programs,
  installers,
}: ProgramNeeds): OutputOf<typeof getMcpPrograms> {
  const { isAllowed: allowed, isIsolated: isolated } = programs
  const message = !allowed
    ? 'The vault runs no programs. The operator lists those that may be run in SALLYPORT_UPSTREAM_COMMANDS.'
    : isolated
      ? 'Programs run as users of their own, and can read neither the vault’s data nor another server’s files.'
      : 'Programs run as the vault’s own user, since the vault is not root: each can read all that the vault can, its keys too. Run the vault as root or in a container of its own where the programs are not yours.'
  const known = (['npm', 'uv', 'bun'] as const).filter((one) =>
    installers.some((path) => basename(path) === one),
  )
  return { allowed, isolated, installers: known, message }
}
