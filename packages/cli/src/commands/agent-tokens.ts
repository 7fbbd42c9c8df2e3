import type { ConsumerToken } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { type Command, Option } from 'commander'
import { CommandError, table } from '../terminal.ts'
import { everyPage, findAgent } from './lookup.ts'
import { readCount } from './option-values.ts'
import type { RunCommand } from './run-command.ts'

interface TokenOptions {
  readonly days?: number
  readonly name?: string
  readonly list?: boolean
  readonly revoke?: string
  readonly rotate?: string
  readonly graceMinutes?: number
}

/** What is said of a token that is made. */
const making = ['days', 'name', 'rotate', 'graceMinutes']

/** `sallyport agents token`: for clients that cannot sign; it lists and calls granted tools and nothing else. */
export function addAgentTokenCommand(agents: Command, run: RunCommand): void {
  agents
    .command('token <agent>')
    .description(
      'Make a token with which a client that cannot sign calls an agent’s tools (id or name)',
    )
    .option('--days <n>', 'how long it works (default 30, at most 90)', readCount)
    .option('--name <name>', 'what it is for')
    .addOption(
      new Option('--list', 'list the agent’s tokens instead').conflicts([...making, 'revoke']),
    )
    .addOption(new Option('--revoke <token>', 'end this one instead (its id)').conflicts(making))
    .option('--rotate <token>', 'make one in the place of this (its id)')
    .option('--grace-minutes <n>', 'how long the replaced one works still', readCount)
    .action(
      run(async ({ terminal, owner }, [wanted, options]: [string, TokenOptions]) => {
        if (options.graceMinutes !== undefined && options.rotate === undefined) {
          throw new CommandError('--grace-minutes is about the token that --rotate replaces.')
        }
        const client = await owner()
        const { id: agentId, name } = await findAgent(client, wanted)
        if (options.list === true) {
          const tokens = await listConsumerTokens(client, agentId)
          terminal.answer({ consumerTokens: tokens }, showTokens(tokens))
        } else if (options.revoke !== undefined) {
          const answer = await client.call('deleteConsumerToken', {
            ...{ agentId, tokenId: options.revoke },
          })
          terminal.answer(answer, `The token of ${name} has ended.`)
        } else {
          const made = await client.call('createConsumerToken', {
            ...{ agentId, ...(await nameOfReplaced(client, agentId, options)) },
            ...termsOf(options),
          })
          terminal.answer(
            made,
            `${made.token.id}, until ${made.token.expiresAt}. It is shown this once:\n${made.consumerToken}`,
          )
        }
      }),
    )
}

/** What is rotated goes on under its name. */
async function nameOfReplaced(client: Client, agentId: string, { rotate }: TokenOptions) {
  if (rotate === undefined) return {}
  const tokens = await listConsumerTokens(client, agentId)
  const name = tokens.find(({ id }) => id === rotate)?.name
  return name === undefined ? {} : { name }
}

const termsOf = ({ days, name, rotate, graceMinutes }: TokenOptions) => ({
  ...(days !== undefined && { expiresInDays: days }),
  ...(name !== undefined && { name }),
  ...(rotate !== undefined && { replaces: rotate }),
  ...(graceMinutes !== undefined && { graceMinutes }),
})

/** All consumer tokens of an agent. */
export const listConsumerTokens = (client: Client, agentId: string): Promise<ConsumerToken[]> =>
  everyPage(async (cursor) => {
    const page = await client.call('listConsumerTokens', { agentId, ...cursor })
    return { rows: page.consumerTokens, nextCursor: page.nextCursor }
  })

const showTokens = (tokens: readonly ConsumerToken[]) =>
  table(
    ['id', 'name', 'created', 'until', 'last used'],
    tokens.map(({ id, name, createdAt, expiresAt, lastUsedAt }) => [
      ...[id, name, createdAt, expiresAt, lastUsedAt ?? 'never'],
    ]),
  )
