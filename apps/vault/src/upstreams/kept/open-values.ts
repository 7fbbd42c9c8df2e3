import { Problem } from '@sallyport/contracts'
import { readCredential, type Sealer } from '../../connections/credential-opener.ts'
import { upstreamProblem } from '../clients/upstream-clients.ts'
import { placeOf } from './place-of.ts'
import { namesIn, ReferenceFault, resolveReferences } from './references.ts'
import { secretsIn } from './secret-values.ts'
import type { ServerRow, ServerSettings, ServerValues } from './server-store.ts'

/**
 * The sealed values of a server, as its owner wrote them.
 * @throws Problem credential-unreadable, also where they were sealed for another place (S-33); connection-revoked
 */
export async function openValues(keyring: Sealer, row: ServerRow): Promise<ServerValues> {
  const stored = await readCredential(keyring, row.account)
  if (stored.kind !== 'upstream' || stored.place !== placeOf(row)) throw elsewhere()
  return { headers: stored.headers, env: stored.env }
}

const elsewhere = () =>
  new Problem('credential-unreadable', 'The secrets of the server were sealed for another place.', {
    next: 'An owner sets the address or the command of the server again.',
  })

/** What names stand for: those that there are. Problems of what they lead to. */
export type ResolveVariables = (
  workspaceId: string,
  names: readonly string[],
) => Promise<ReadonlyMap<string, string>>

/** Values as they are sent, and which of them are secret. */
export interface ResolvedValues extends ServerValues {
  readonly secrets: readonly string[]
}

/** The names that all values of a transport refer to. */
export const namesOf = (transport: ServerSettings['transport'], values: ServerValues): string[] => [
  ...new Set(Object.values(inForce(transport, values)).flatMap(namesIn)),
]

/** Headers go with requests, and the environment with programs: the other one is kept, and not looked at. */
export const inForce = (
  transport: ServerSettings['transport'],
  values: ServerValues,
): Readonly<Record<string, string>> => (transport === 'stdio' ? values.env : values.headers)

/**
 * Puts in what the values refer to.
 * @throws Problem invalid-input, stage `configuration`, for a name that stands for nothing
 */
export async function resolveValues(
  resolveVariables: ResolveVariables,
  { workspaceId, transport }: Pick<ServerRow, 'workspaceId' | 'transport'>,
  values: ServerValues,
): Promise<ResolvedValues> {
  try {
    const known = await resolveVariables(workspaceId, namesOf(transport, values))
    const resolved = Object.fromEntries(
      Object.entries(inForce(transport, values)).map(([name, value]) => {
        const whole = resolveReferences(value, known)
        if (transport !== 'stdio' && !/^[\x20-\x7e]*$/.test(whole)) throw notAscii(name)
        return [name, whole] as const
      }),
    )
    const isProgram = transport === 'stdio'
    const headers = isProgram ? {} : resolved
    const env = isProgram ? resolved : {}
    return { headers, env, secrets: secretsIn({ headers, env, variables: known.values() }) }
  } catch (error) {
    if (!(error instanceof ReferenceFault)) throw error
    throw upstreamProblem('resolve', 'invalid-input', {
      detail: `One of its values ${error.message}.`,
      next: 'An owner makes the variable (PUT /api/v1/variables), or writes the value anew.',
    })
  }
}

const notAscii = (name: string) =>
  new ReferenceFault(`(${name}) comes to something that no header can hold`)
