import { Problem } from '@sallyport/contracts'
import { parseCanonicalUrl } from '../../../execute/canonical-url.ts'
import { type FoundPart, partOfPath } from './find-credential.ts'
import { hasKnownPrefix, isSecretName } from './known-secrets.ts'
import { refuseCommand } from './read-request.ts'
import { argumentOf, isOpen, markOf, piecesOf, wholeVariable } from './variable-marks.ts'

/** A URL of a command, taken apart. */
export interface CurlUrl {
  readonly origin: string
  /** Canonical texts and what is not known, in turn; begins with a text that begins with `/`. */
  readonly path: readonly ({ readonly text: string } | { readonly argument: string })[]
  /** Pieces as they were written, encoded. */
  readonly query: readonly string[]
  /** `user:password`, decoded. */
  readonly user?: string | undefined
  /** A key in the path: its place reads `{token}`. */
  readonly parts: readonly FoundPart[]
  readonly notes: readonly string[]
}

interface UrlChoices {
  /** In place of the command's own scheme and host. */
  readonly server?: string | undefined
  /** `{}` and `[]` stand for themselves. */
  readonly isPlain: boolean
}

/**
 * Takes the URL of a command apart. `{name}`, `:name`, `<name>` as segments and `$NAME` anywhere in the path are places for
 * arguments; everything else of the path stays as it is written.
 * @throws CommandRefused
 */
export function readUrl(written: string, { server, isPlain }: UrlChoices): CurlUrl {
  const notes: string[] = []
  const [beforeHash = '', ...hashes] = written.split('#')
  if (hashes.length > 0) notes.push('What stands behind the # of the URL is never sent.')
  const { base, rest } = splitHost(beforeHash, server, notes)
  const mark = rest.indexOf('?')
  const rawPath = mark < 0 ? rest : rest.slice(0, mark)
  const rawQuery = mark < 0 ? '' : rest.slice(mark + 1)
  const { path: keyless, parts } = withoutKey(`${base.prefix}${rawPath}`)
  const named = withPlaces(keyless, isPlain)
  if (!isPlain) refuseGlobs(rawQuery)
  const { origin, path } = canonicalPath(base.origin, named)
  const query = rawQuery.split('&').filter((piece) => piece !== '')
  return { origin, path, query, parts, notes, ...(base.user !== undefined && { user: base.user }) }
}

const keyMark = markOf('')

/** Addresses to which whoever knows them may write: Slack’s, and Discord’s. */
const webhooks = /^(.*\/services\/T[^/]*\/B[^/]*\/|.*\/api\/webhooks\/\d+\/)([\w-]{20,})$/

/** The first key in the path: one that is known by how it looks, as Telegram has it, or a variable that is named so. */
function withoutKey(path: string): { readonly path: string; readonly parts: FoundPart[] } {
  const parts: FoundPart[] = []
  const [, lead = '', hook] = webhooks.exec(path) ?? []
  if (hook !== undefined) return { path: `${lead}${keyMark}`, parts: [partOfPath('token', hook)] }
  const segments = path.split('/').map((segment) => {
    const [, before = '', key = ''] =
      /^(bot)(\d{6,}:[\w-]{30,})$/.exec(segment) ??
      /^([^\uE000]*)(\uE000[^\uE001]+\uE001)$/.exec(segment) ??
      (hasKnownPrefix(segment) ? ['', '', segment] : [])
    const name = wholeVariable(key)
    const isKey = key !== '' && (name === undefined || isSecretName(name) || /^token$/i.test(name))
    if (!isKey || parts.length > 0) return segment
    parts.push(partOfPath('token', key))
    return `${before}${keyMark}`
  })
  return { path: segments.join('/'), parts }
}

interface Base {
  readonly origin: string
  /** Of a server with a path of its own. */
  readonly prefix: string
  readonly user?: string | undefined
}

function splitHost(
  written: string,
  server: string | undefined,
  notes: string[],
): { readonly base: Base; readonly rest: string } {
  const lead = piecesOf(written)[0]
  // `$BASE_URL/v1/…`, `$HOST/v1/…`: where it goes, an owner says.
  if (lead !== undefined && 'name' in lead) {
    if (server === undefined) {
      refuseCommand(`its host is not known: give server for $${lead.name}`)
    }
    const rest = written.slice(markOf(lead.name).length)
    if (rest !== '' && !/^[/?]/.test(rest)) refuseCommand('its host is known in part alone')
    return { base: baseOf(server), rest }
  }
  const [whole = '', scheme, authority = ''] =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?([^/?]*)/.exec(written) ?? []
  if (scheme !== undefined && !/^https?$/i.test(scheme)) {
    refuseCommand(`it asks by ${scheme.slice(0, 20)}, and the vault by http and https alone`)
  }
  const at = authority.lastIndexOf('@')
  const user = at < 0 ? {} : { user: decode(authority.slice(0, at)) }
  const host = authority.slice(at + 1)
  const rest = written.slice(whole.length)
  if (server !== undefined) return { base: { ...baseOf(server), ...user }, rest }
  if (isOpen(host) || /[{}[\]].*[{}[\]]/.test(host.replace(/^\[[0-9a-fA-F:.]+\]/, ''))) {
    const isSeveral = !isOpen(host) && /[,\][]/.test(host)
    const inScheme = isSeveral ? 'its URL names several hosts' : 'its host is not known'
    refuseCommand(`${inScheme}: give server, such as https://api.example.com`)
  }
  // A word that lost its quotes is no host.
  if (scheme === undefined && !/[.:]|^localhost$/.test(host)) refuseCommand('it names no URL')
  if (scheme === undefined)
    notes.push(`${host.slice(0, 100)} stands without a scheme and is taken as https.`)
  return { base: { ...baseOf(`${scheme ?? 'https'}://${host}`), ...user }, rest }
}

function baseOf(text: string): Base {
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.host === '') {
    refuseCommand('it names no address of a server')
  }
  return { origin: parsed.origin, prefix: parsed.pathname.replace(/\/+$/, '') }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const several = 'its URL stands for several at once ({a,b} or [1-9]): write one of them'

function refuseGlobs(text: string): void {
  if (/\{[^{}]*,[^{}]*\}|\[[^[\]]+-[^[\]]+\]/.test(text)) refuseCommand(several)
}

/** Names of places as marks: `{id}`, and `:id` and `<id>` where they are whole segments. */
function withPlaces(path: string, isPlain: boolean): string {
  if (!isPlain) refuseGlobs(path)
  const place = (_: string, name: string) => markOf(name)
  const braced = path
    .replaceAll(/\{\{?\s*([A-Za-z_][\w-]{0,60})\s*\}?\}/g, place)
    .split('/')
    .map((segment) =>
      segment.replace(/^:([A-Za-z_]\w{0,60})$/, place).replace(/^<([A-Za-z_][\w-]{0,60})>$/, place),
    )
    .join('/')
  return braced
}

/** The path as it will be sent, by the same rules as every request’s. */
function canonicalPath(origin: string, path: string): Pick<CurlUrl, 'origin' | 'path'> {
  const names: string[] = []
  // A word that no URL parser touches in place of each argument.
  const stand = 'zqxjkvarg'
  if (path.includes(stand)) refuseCommand('its path cannot be read')
  const filled = piecesOf(path.startsWith('/') ? path : `/${path}`)
    .map((piece) => {
      if ('text' in piece) return piece.text
      names.push(piece.name)
      return stand
    })
    .join('')
  if (!URL.canParse(origin + filled)) refuseCommand('its path cannot be read')
  const { pathname } = new URL(origin + filled)
  try {
    const schemes = ['https', 'http'] as const
    parseCanonicalUrl(`${origin}${pathname}`, {
      schemes,
      allowEncodedSlash: true,
      placeholder: undefined,
    })
  } catch (thrown) {
    if (thrown instanceof Problem) refuseCommand(`its URL is none that is sent: ${thrown.detail}`)
    throw thrown
  }
  const texts = pathname.split(stand)
  if (texts.length !== names.length + 1) refuseCommand('its path cannot be read')
  return {
    origin,
    path: joinTexts(
      texts.flatMap((text, index) => {
        const name = names[index]
        if (name === undefined) return [{ text }]
        return name === ''
          ? [{ text: `${text}{token}` }]
          : [{ text }, { argument: argumentOf(name) }]
      }),
    ),
  }
}

/** Texts that follow each other as one, and none that is empty. */
function joinTexts(pieces: CurlUrl['path']): CurlUrl['path'] {
  const joined: CurlUrl['path'][number][] = []
  for (const piece of pieces) {
    const last = joined.at(-1)
    if ('argument' in piece) joined.push(piece)
    else if (last !== undefined && 'text' in last)
      joined.splice(-1, 1, { text: last.text + piece.text })
    else if (piece.text !== '') joined.push(piece)
  }
  return joined
}

/** The variable that is all of a text, as an argument’s name. */
export const argumentIn = (text: string): string | undefined => {
  const name = wholeVariable(text)
  return name === undefined ? undefined : argumentOf(name)
}
