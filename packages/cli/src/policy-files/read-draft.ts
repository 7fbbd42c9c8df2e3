import type { PolicyDocumentInput } from '@sallyport/contracts'
import { parse } from 'yaml'
import { CommandError } from '../terminal.ts'

const aliasesMax = 1000

/** One policy that is to be tried, and whom its file says it is for. */
export interface Draft {
  readonly document: PolicyDocumentInput
  readonly agent?: string
  readonly connection?: string
}

/**
 * Reads a policy out of YAML or JSON: the document by itself, or one of a file of policies; of several the one for `wanted`. What
 * the document says is for the vault to check. Throws CommandError.
 */
export function readDraft(
  name: string,
  text: string,
  wanted: { readonly agent?: string | undefined; readonly connection?: string | undefined },
): Draft {
  const found = parseText(name, text)
  if (!isRecord(found)) throw new CommandError(`${name} holds no policy.`)
  if (!Array.isArray(found.policies)) return toDraft(found)
  const drafts = found.policies.filter(isRecord).map(toDraft)
  const fitting = drafts.filter(
    ({ agent, connection }) =>
      (wanted.agent === undefined || agent === wanted.agent) &&
      (wanted.connection === undefined || connection === wanted.connection),
  )
  const [only, ...others] = fitting
  if (only === undefined) throw new CommandError(`${name} holds no policy for that.`)
  if (others.length === 0) return only
  throw new CommandError(
    `${name} holds ${fitting.length} policies that fit: say --agent and --connection as the file calls them.`,
  )
}

function parseText(name: string, text: string): unknown {
  try {
    return parse(text, { maxAliasCount: aliasesMax })
  } catch {
    throw new CommandError(`${name} is neither YAML nor JSON.`)
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function toDraft({ agent, connection, ...document }: Record<string, unknown>): Draft {
  return {
    document: document as PolicyDocumentInput,
    ...(typeof agent === 'string' && { agent }),
    ...(typeof connection === 'string' && { connection }),
  }
}
