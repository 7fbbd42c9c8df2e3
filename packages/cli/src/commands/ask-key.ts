import type { CredentialSlot } from '@sallyport/catalog'
import type { CallOf, CredentialInput, operations } from '@sallyport/contracts'
import { CommandError, type Terminal } from '../terminal.ts'
import type { CredentialOptions } from './credential-options.ts'

export type Credential = CallOf<typeof operations.createConnection>['credential']
/** A slot that is typed in, and not signed in to. */
export type KeySlot = Exclude<CredentialSlot, { kind: 'oauth2' }>
export type SlotOf<Kind extends KeySlot['kind']> = Extract<KeySlot, { kind: Kind }> | undefined
type Several = Extract<CredentialInput, { kind: 'several' }>
type Part = Several['parts'][number]
type KeyKind = Part['kind'] | 'several' | 'none'

export interface Asking {
  readonly terminal: Terminal
  readonly options: CredentialOptions
  readonly slot: KeySlot | undefined
}

/** Asks for a key that goes on as it stands: its secret, and what of its place is not known. */
export async function askKey(kind: KeyKind, asking: Asking): Promise<Credential> {
  if (kind === 'none') return { kind }
  if (kind === 'several') return askSeveral(asking)
  const { terminal, options, slot } = asking
  return askPart(terminal, kind, {
    ...(slot?.kind === kind ? knownOf(slot) : {}),
    ...(options.name !== undefined && { name: options.name }),
    ...(options.prefix !== undefined && { prefix: options.prefix }),
    ...(options.username !== undefined && { username: options.username }),
  })
}

/** What is known of a key before it is asked for. */
interface Known {
  readonly name?: string | undefined
  readonly prefix?: string | undefined
  readonly username?: string | undefined
  readonly usernameLabel?: string | undefined
  /** What the secret is called. */
  readonly label?: string | undefined
}

function knownOf(slot: KeySlot): Known {
  switch (slot.kind) {
    case 'header':
      return { name: slot.name, prefix: slot.prefix }
    case 'query':
      return { name: slot.name }
    case 'basic':
      return { username: slot.username, usernameLabel: slot.usernameLabel, label: slot.label }
    case 'path':
      return { name: slot.placeholder }
    default:
      return {}
  }
}

async function askPart(terminal: Terminal, kind: Part['kind'], known: Known): Promise<Part> {
  const named = async (question: string) =>
    known.name ?? (await terminal.ask(question, { option: '--name' }))
  const paste = (what: string) => terminal.askSecret(known.label ?? `Paste the ${what}`)
  switch (kind) {
    case 'bearer':
      return {
        kind,
        token: await terminal.askSecret(known.label ?? 'Paste the token (it is not shown)'),
      }
    case 'header': {
      const name = await named('Name of the header')
      const { prefix } = known
      return { kind, name, ...(prefix !== undefined && { prefix }), value: await paste('key') }
    }
    case 'query':
      return { kind, name: await named('Name of the query parameter'), value: await paste('key') }
    case 'cookie':
      return { kind, name: await named('Name of the cookie'), value: await paste('cookie') }
    case 'path': {
      const placeholder = await named('Placeholder in the path, without braces')
      return { kind, placeholder, value: await paste('key') }
    }
    case 'basic': {
      const question = known.usernameLabel ?? 'User name'
      const username = known.username ?? (await terminal.ask(question, { option: '--username' }))
      return { kind, username, password: await terminal.askSecret(known.label ?? 'Password') }
    }
  }
}

const partsMax = 5
const partNames: Readonly<Record<Part['kind'], string>> = {
  bearer: 'Authorization: Bearer <token>',
  header: 'another header',
  query: 'a parameter in the query',
  basic: 'a user name and a password',
  path: 'a part of the path',
  cookie: 'a cookie',
}
const partKinds = Object.keys(partNames) as Part['kind'][]

/** The keys one after the other; each secret is one prompt, or one line of stdin. */
async function askSeveral({ terminal, options, slot }: Asking): Promise<Credential> {
  const parts: Part[] = []
  if (options.part !== undefined || !terminal.interactive || slot?.kind === 'several') {
    const given = options.part?.map(readPart)
    const wanted = given ?? (slot?.kind === 'several' ? slot.parts : undefined)
    if (wanted === undefined) {
      throw new CommandError(
        'What the keys are is not given: use --part for each, such as --part header:X-Api-Key --part cookie:sid.',
      )
    }
    for (const { kind, ...known } of wanted) parts.push(await askPart(terminal, kind, known))
    return { kind: 'several', parts }
  }
  for (let more = true; more && parts.length < partsMax; ) {
    const choices = partKinds.map((value) => ({ value, name: partNames[value] }))
    const kind = await terminal.choose(`Where does key ${parts.length + 1} go?`, choices)
    parts.push(await askPart(terminal, kind, {}))
    if (parts.length < 2 || parts.length === partsMax) continue
    more = await terminal.choose('Is there another?', [
      { value: false, name: 'no, that is all' },
      { value: true, name: 'yes' },
    ])
  }
  return { kind: 'several', parts }
}

/** `header:X-Api-Key`, `header:Authorization:Token`, `query:key`, `cookie:sid`, `path:token`, `basic:user`, `bearer`. */
function readPart(text: string): { kind: Part['kind'] } & Known {
  const [word = '', name, ...rest] = text.split(':')
  const kind = partKinds.find((one) => one === word)
  const needsName = kind !== 'bearer'
  if (kind === undefined || needsName !== (name !== undefined && name !== '')) {
    throw new CommandError(
      `--part ${text} is not understood: write bearer, or one of ${partKinds
        .filter((one) => one !== 'bearer')
        .join(', ')} with a colon and the name, such as header:X-Api-Key.`,
    )
  }
  if (kind === 'basic') return { kind, username: [name, ...rest].join(':') }
  return {
    kind,
    ...(name !== undefined && { name }),
    ...(rest.length > 0 && { prefix: rest.join(':') }),
  }
}
