import type { Variable } from '@sallyport/contracts'
import { type Command, Option } from 'commander'
import { CommandError, table } from '../terminal.ts'
import { findConnection } from './lookup.ts'
import type { RunCommand } from './run-command.ts'
import { askValue, readNamedEnvironment } from './secret-value.ts'
import { secretsFromFile } from './secrets-from-file.ts'
import { listAllVariables } from './server-lookups.ts'

interface SetOptions {
  readonly connection?: string
  readonly fromEnv?: string | true
  readonly secretFile?: string
}

/** `sallyport variables …`: what upstream MCP servers may refer to as ${NAME}. */
export function addVariableCommands(program: Command, run: RunCommand): void {
  const variables = program
    .command('variables')
    .description('What headers and environments of upstream MCP servers may refer to')

  variables
    .command('list')
    .description('List their names and which servers refer to them; values never come out')
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(async ({ terminal, owner }, [options]: [{ cursor?: string }]) => {
        const page = await (await owner()).call('listVariables', options)
        const text = table(['name', 'value', 'used by', 'changed'], page.variables.map(rowOf))
        terminal.answer(page, page.nextCursor ? `${text}\nMore: --cursor ${page.nextCursor}` : text)
      }),
    )

  variables
    .command('set <name>')
    .description('Make or replace one; its value is asked for, or read from stdin')
    .option('--connection <connection>', 'the key or access token of a connection (id or label)')
    .addOption(
      new Option(
        '--from-env [name]',
        'the value of a variable of this shell (default: of the same name)',
      ).conflicts('connection'),
    )
    .addOption(
      new Option('--secret-file <file>', 'a file with the value').conflicts([
        ...['connection', 'fromEnv'],
      ]),
    )
    .action(
      run(async (context, [name, options]: [string, SetOptions]) => {
        const { terminal, owner, withFreshSignIn, environment } = context
        const { connection, fromEnv } = options
        const client = await owner()
        const given =
          connection !== undefined
            ? { connectionId: (await findConnection(client, connection)).id }
            : fromEnv !== undefined
              ? { value: readNamedEnvironment(environment, fromEnv === true ? name : fromEnv) }
              : { value: await askValue(secretsFromFile(terminal, options.secretFile), name) }
        const answer = await withFreshSignIn((asked) =>
          asked.call('putVariable', { name, ...given }),
        )
        const { usedBy } = answer.variable
        const users = usedBy.map((server) => server.name).join(', ')
        terminal.answer(
          answer,
          `${name} is ${connection === undefined ? 'sealed' : `the key of ${connection}`}${
            users === '' ? '; no server refers to it yet' : `, for ${users}`
          }.`,
        )
      }),
    )

  variables
    .command('remove <name>')
    .description('Forget one that no server refers to any more')
    .action(
      run(async ({ terminal, owner }, [name]: [string]) => {
        const client = await owner()
        const found = (await listAllVariables(client)).find((one) => one.name === name)
        if (found === undefined) {
          throw new CommandError(
            `There is no variable "${name}". \`sallyport variables list\` shows them.`,
          )
        }
        terminal.answer(await client.call('deleteVariable', { name }), `${name} is forgotten.`)
      }),
    )
}

const rowOf = ({ name, connection, usedBy, updatedAt }: Variable) => [
  name,
  connection === undefined ? 'sealed' : `of ${connection.label} (${connection.status})`,
  usedBy.map((server) => server.name).join(', '),
  updatedAt,
]
