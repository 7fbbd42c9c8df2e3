/** What is shown of a push. */
interface PushMessage {
  readonly title: string
  readonly body: string
  /** Where a click leads: a path of this vault, with what follows it. */
  readonly path: string
  /** A later message with the same takes the place of the earlier. */
  readonly tag?: string
  readonly urgent: boolean
}

const titleCharsMax = 200
const bodyCharsMax = 1_000
const tagCharsMax = 100
const unreadable: PushMessage = {
  title: 'Something happened in Sallyport',
  body: 'Open the dashboard to see what.',
  path: '/',
  urgent: false,
}

/** Reads what the vault sends to browsers. Whatever else comes is shown as something that happened. */
export function readPush(text: string, origin: string): PushMessage {
  const value = parse(text)
  const title = textOf(value.title, titleCharsMax)
  if (title === undefined) return unreadable
  const tag = textOf(value.tag, tagCharsMax)
  return {
    title,
    body: textOf(value.body, bodyCharsMax) ?? '',
    path: pathOf(value.url, origin),
    ...(tag !== undefined && { tag }),
    urgent: value.urgent === true,
  }
}

/** Where a click on a notification leads: what `readPush` found, or the start. */
export function pathToOpen(data: unknown): string {
  const path = typeof data === 'object' && data !== null && 'path' in data ? data.path : undefined
  return typeof path === 'string' && isOwnPath(path) ? path : '/'
}

/** A path of this origin: neither another host (`//host`, `/\host`) nor anything that a parser would take for one. */
const isOwnPath = (path: string) => /^\/(?![/\\])[\x21-\x7e]*$/.test(path)

function pathOf(url: unknown, origin: string): string {
  if (typeof url !== 'string' || !URL.canParse(url)) return '/'
  const { origin: theirs, pathname, search, hash } = new URL(url)
  const path = `${pathname}${search}${hash}`
  return theirs === origin && isOwnPath(path) ? path : '/'
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const textOf = (value: unknown, charsMax: number): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, charsMax) : undefined
