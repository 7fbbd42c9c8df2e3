import { Buffer } from 'node:buffer'
import {
  type getMailServer,
  type InputOf,
  type OutputOf,
  Problem,
  type putMailServer,
} from '@sallyport/contracts'
import { z } from 'zod'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { requireFreshSignIn } from '../identity/require-fresh-sign-in.ts'
import type { MailServerSettings } from './mail-transport.ts'
import type { NotifyNeeds } from './notify-needs.ts'
import type { MailServerStore, StoredMailServer } from './notify-store.ts'
import type { NotifySealer } from './sealed-channel.ts'
import { sendMsMax } from './sender.ts'
import { isPlainAddress } from './senders/email.ts'
import { invalid, wordsOf } from './senders/http-answer.ts'

/** All that is kept of a mail server: what is sealed is all that counts. */
const SealedMailServer = z.strictObject({
  host: z.string(),
  port: z.number(),
  security: z.enum(['tls', 'starttls', 'none']),
  username: z.string().optional(),
  password: z.string().optional(),
  from: z.string(),
})

type Row = Pick<StoredMailServer, 'workspaceId' | 'version'>

const contextOf = ({ workspaceId, version }: Row) => ({
  ...{ table: 'mail_servers', column: 'sealed', workspaceId },
  ...{ rowId: workspaceId, rowVersion: version },
})

/** Reads how a workspace sends mail; undefined where it does not. Problem: `credential-unreadable`. */
export function createFindMailServer(needs: {
  readonly store: Pick<MailServerStore, 'find'>
  readonly keyring: NotifySealer
}) {
  return async (workspaceId: string): Promise<MailServerSettings | undefined> => {
    const row = await needs.store.find(workspaceId)
    return row && open(needs.keyring, row)
  }
}

async function open(keyring: NotifySealer, row: StoredMailServer): Promise<MailServerSettings> {
  const plaintext = await keyring.open(contextOf(row), row.sealed)
  try {
    const { username, password, ...rest } = SealedMailServer.parse(
      JSON.parse(Buffer.from(plaintext).toString('utf8')),
    )
    return {
      ...rest,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    }
  } catch {
    // The cause is left out: parsers quote the text that they fail on.
    throw unreadable()
  }
}

type Needs = Pick<NotifyNeeds, 'mailServers' | 'keyring' | 'mail' | 'audit' | 'newId' | 'now'>
type Owner = AuthenticatedOwner

/** How the workspace sends mail, and who may say so. */
export interface MailServers {
  /** Problem: `credential-unreadable`. */
  get(owner: Owner): Promise<OutputOf<typeof getMailServer>>
  /**
   * Saved once the server took the greeting and the sign-in; from a session it takes a fresh sign-in. A password that is kept goes to
   * the host, port and user name that it was given for, over nothing weaker. Problems: `fresh-sign-in-required`, `invalid-input`, `address-refused`,
   * `notification-failed`, `version-conflict`.
   */
  put(owner: Owner, input: InputOf<typeof putMailServer>): Promise<OutputOf<typeof putMailServer>>
  /** Problem: `mail-server-not-found`. */
  delete(owner: Owner): Promise<{ deleted: true }>
}

/** Builds the operations on the mail server. */
export function createMailServers(needs: Needs): MailServers {
  const { mailServers: store, keyring } = needs
  return {
    async get({ workspaceId }) {
      const row = await store.find(workspaceId)
      return row === undefined ? {} : { mailServer: view(await open(keyring, row), row) }
    },

    put: createPut(needs),

    async delete(owner) {
      if (!(await store.delete(owner.workspaceId))) throw notFound()
      await record(needs, owner, { operation: 'deleteMailServer' })
      return { deleted: true }
    },
  }
}

function createPut(needs: Needs): MailServers['put'] {
  const { mailServers: store, keyring, now } = needs
  return async (owner, input) => {
    // A token has the scope for it by an owner's word, and nobody who could sign in again.
    if (owner.via === 'session') requireFreshSignIn(owner, now())
    const { workspaceId } = owner
    const current = await store.find(workspaceId)
    const settings = await settle(needs, input, current)
    await ask(needs, settings)
    const updatedAt = new Date(now())
    const row = {
      workspaceId,
      version: (current?.version ?? 0) + 1,
      host: settings.host,
      updatedAt,
    }
    const plaintext = Buffer.from(JSON.stringify(settings), 'utf8')
    const sealed = await keyring.seal(contextOf(row), plaintext)
    if (!(await store.put({ ...row, sealed }))) throw conflict()
    await record(needs, owner, { operation: 'putMailServer', settings, input })
    return { mailServer: view(settings, row) }
  }
}

/** What is to be saved, with the password given or the one that is kept. */
async function settle(
  { keyring, mail }: Needs,
  { username, password, ...given }: InputOf<typeof putMailServer>,
  current: StoredMailServer | undefined,
): Promise<MailServerSettings> {
  if (!isPlainAddress(given.from)) throw invalid('from', 'must be one plain address')
  const rest = { ...given, host: given.host.toLowerCase() }
  const allowed = mail.mayUse(rest)
  if (allowed !== true) throw new Problem('address-refused', allowed)
  if (username === undefined) {
    if (password !== undefined) throw invalid('username', 'must be given along with a password')
    return rest
  }
  if (password !== undefined) return { ...rest, username, password }
  // What cannot be read any more is replaced by who gives a password.
  const kept = current && (await open(keyring, current))
  const isSame = kept?.host === rest.host && kept.port === rest.port && kept.username === username
  const isWeaker = rest.security === 'none' && kept?.security !== 'none'
  if (!isSame || isWeaker || kept?.password === undefined) {
    throw invalid(
      'password',
      'must be given for another server, user name or way',
      'Give the password: one that is kept goes to the server and user name that it was given for.',
    )
  }
  return { ...rest, username, password: kept.password }
}

/** @throws Problem notification-failed where the server does not take the greeting or the sign-in */
async function ask({ mail }: Needs, settings: MailServerSettings): Promise<void> {
  const { password } = settings
  try {
    const answer = await mail.check(settings, AbortSignal.timeout(sendMsMax))
    if (answer.taken) return
    const words = wordsOf(answer.message, password === undefined ? [] : [password])
    throw failed(`The mail server said: ${words}`)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.type === 'address-refused' || error.type === 'notification-failed') throw error
    throw failed(error.detail.replaceAll('upstream', 'mail server'))
  }
}

/** Secrets shorter than this show nothing of themselves. */
const hintFromChars = 12
const hintChars = 4

function view(
  { password, ...shown }: MailServerSettings,
  { updatedAt }: Pick<StoredMailServer, 'updatedAt'>,
) {
  const ending = (password ?? '').length < hintFromChars ? '' : (password ?? '').slice(-hintChars)
  return {
    ...shown,
    ...(password !== undefined && { passwordHint: `••••${ending}` }),
    updatedAt: updatedAt.toISOString(),
  }
}

function record(
  needs: Needs,
  { workspaceId, ownerId }: Owner,
  done: {
    readonly operation: string
    readonly settings?: MailServerSettings
    readonly input?: { readonly password?: string | undefined }
  },
) {
  const { settings, input } = done
  return needs.audit.record({
    auditId: needs.newId('audit'),
    ...{ workspaceId, ownerId, operation: done.operation, outcome: 'done' },
    ...(settings !== undefined && {
      detail: {
        ...{ host: settings.host, port: settings.port, security: settings.security },
        ...{ from: settings.from, username: settings.username ?? '' },
        password: input?.password === undefined ? 'kept' : 'given',
      },
    }),
  })
}

const notFound = () =>
  new Problem('mail-server-not-found', 'No mail server is set up.', {
    next: 'Nothing has to be done: the workspace sends no mail.',
  })

const failed = (detail: string) =>
  new Problem('notification-failed', detail, {
    next: 'Nothing was saved. Check host, port, kind of TLS, user name and password.',
  })

const conflict = () =>
  new Problem('version-conflict', 'Somebody changed the mail server meanwhile.', {
    next: 'Look at the settings and save them again.',
  })

const unreadable = () =>
  new Problem('credential-unreadable', 'The stored settings of the mail server cannot be read.', {
    next: 'An owner or admin deletes them and gives them anew.',
  })
