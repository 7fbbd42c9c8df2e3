import type { Client } from '@sallyport/sdk'
import type { Command } from 'commander'
import { CommandError, type Terminal } from '../terminal.ts'
import { showChanges } from '../tools/show-changes.ts'
import { requireYes } from './confirm.ts'
import type { RunCommand } from './run-command.ts'
import { findToolset } from './tool-lookups.ts'

interface UpgradeOptions {
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** `sallyport toolsets upgrade <toolset>`. */
export function addUpgradeCommand(toolsets: Command, run: RunCommand): void {
  toolsets
    .command('upgrade <toolset>')
    .description('Bring the newest version of its ready toolset into a toolset (id or name)')
    .option('--dry-run', 'only show what would change')
    .option('-y, --yes', 'do not ask before it is done')
    .action(
      run(async ({ terminal, owner }, [wanted, options]: [string, UpgradeOptions]) =>
        upgradeToolset(await owner(), terminal, { wanted, ...options }),
      ),
    )
}

/** Shows what a newer version of the catalog would change, and brings it in as it was shown. */
export async function upgradeToolset(
  client: Client,
  terminal: Terminal,
  { wanted, dryRun, yes }: UpgradeOptions & { readonly wanted: string },
): Promise<void> {
  const { id: toolsetId, name, version, template: has } = await findToolset(client, wanted)
  if (has === undefined) {
    throw new CommandError(
      `${name} was not made of a ready toolset: \`sallyport import <file> --update --name ${name}\` brings a newer document in.`,
    )
  }
  const template = await findNewest(client, has)
  const preview = await client.call('previewToolset', { template, toolsetId })
  const { changes = [], digest: expects } = preview
  // One that went back to an older version says the newest of itself, and is not.
  if (template === has && changes.every(({ change }) => change === 'same')) {
    return terminal.answer({ template, changes }, `${name} is ${has}, which is the newest.`)
  }
  const shown = `${has} → ${template}\n${showChanges(changes)}`
  if (dryRun === true) return terminal.answer({ template, changes }, shown)
  terminal.note(shown)
  await requireYes(terminal, `Change ${name} so?`, { yes })
  const answer = await client.call('replaceToolsetSource', {
    ...{ toolsetId, version, template, expects },
  })
  const { toolset } = answer
  const count = toolset.toolCount === 1 ? '1 tool' : `${toolset.toolCount} tools`
  terminal.answer(
    answer,
    `${toolset.name} is ${template}, at version ${toolset.version} with ${count}.`,
  )
}

/** The newest version of a template that the catalog has; its own where it has none newer. */
async function findNewest(client: Client, has: string): Promise<string> {
  const [id, version] = has.split('@')
  const { templates } = await client.call('listToolsetTemplates', {})
  const versions = templates.flatMap((one) => (one.id === id ? [one.version] : []))
  return `${id}@${Math.max(Number(version), ...versions)}`
}
