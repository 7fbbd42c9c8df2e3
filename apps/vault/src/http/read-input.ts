import { type Operation, Problem } from '@sallyport/contracts'
import type { Context } from 'hono'
import type { BodyLease } from './body-budget.ts'
import { invalidInput } from './problem.ts'

/** The bound of a request body where the operation names no other. */
const bodyBytesMaxDefault = 256 * 1024

/**
 * Collects what an operation takes: path parameters and the query or the body. Nothing is guessed: a member in two
 * places, a wrong content type or a broken body is refused.
 */
export async function readInput(
  c: Context,
  operation: Operation,
  lease: BodyLease,
): Promise<unknown> {
  const path = c.req.param() as Record<string, string>
  if (operation.signedBy !== undefined)
    return { ...path, ...(await readSigned(c, operation, lease)) }
  const rest = takesQuery(operation) ? readQuery(c) : await readBody(c, operation, lease)
  const inQuery = operation.inQuery === undefined ? {} : readQuery(c)
  if (!isRecord(rest)) {
    throw new Problem('invalid-input', 'The body has to be a JSON object.', {
      next: 'Send the members of the input as one JSON object.',
    })
  }
  for (const name of [...Object.keys(path), ...Object.keys(inQuery)]) {
    if (Object.hasOwn(rest, name) || (Object.hasOwn(path, name) && Object.hasOwn(inQuery, name))) {
      throw new Problem('invalid-input', `${name} stands in the address and in the input.`, {
        next: `Leave ${name} out of the input.`,
        fields: [{ field: name, message: 'stands in the address already' }],
      })
    }
  }
  return { ...rest, ...inQuery, ...path }
}

/** The body as it came, with the headers that prove it. */
async function readSigned(c: Context, operation: Operation, lease: BodyLease) {
  const body = await readText(c, { bytesMax: bodyBytesMaxDefault, lease }, utf8AsSigned)
  const headers = Object.entries(operation.signedBy ?? {}).flatMap(([member, name]) => {
    const value = c.req.header(name)
    return value === undefined ? [] : [[member, value] as const]
  })
  return { ...Object.fromEntries(headers), body }
}

/** Parses what was collected against the operation's schema; throws `invalid-input` naming each wrong field. */
export function parseInput(operation: Operation, raw: unknown): unknown {
  const parsed = operation.input.safeParse(raw)
  if (!parsed.success) throw invalidInput(parsed.error)
  return parsed.data
}

const takesQuery = (operation: Operation) =>
  operation.method === 'GET' || operation.method === 'DELETE'

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function readQuery(c: Context): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, values] of Object.entries(c.req.queries())) {
    const [only, second] = values
    if (second !== undefined) {
      throw new Problem('invalid-input', `The query holds ${name} more than once.`, {
        next: `Give ${name} once.`,
        fields: [{ field: name, message: 'must be given once' }],
      })
    }
    if (only !== undefined) found[name] = only
  }
  return found
}

async function readBody(c: Context, operation: Operation, lease: BodyLease): Promise<unknown> {
  const bytesMax = operation.bodyBytesMax ?? bodyBytesMaxDefault
  const text = await readText(c, { bytesMax, lease })
  if (text === '') return {}
  const type = c.req.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  if (type === 'application/json') return parseJson(text)
  if (type === 'application/x-www-form-urlencoded' && operation.form === true) {
    return parseForm(text)
  }
  throw new Problem('unsupported-media-type', 'The body has to be JSON.', {
    next: 'Send the header Content-Type: application/json.',
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Problem('invalid-json', 'The body is not valid JSON.', {
      next: 'Send one JSON object (RFC 8259).',
      cause,
    })
  }
}

/** RFC 6749 §3.2: a parameter must not be sent twice. */
function parseForm(text: string): Record<string, string> {
  const found: Record<string, string> = Object.create(null)
  for (const [name, value] of new URLSearchParams(text)) {
    if (name in found) {
      throw new Problem('invalid-input', 'A parameter of the form is given more than once.', {
        next: 'Give each parameter once.',
      })
    }
    found[name] = value
  }
  return { ...found }
}

/** RFC 8259 §8.1: what is not UTF-8 is refused, since replacing the bad bytes would make another text of it. */
const utf8 = new TextDecoder('utf-8', { fatal: true })
/** With a mark at its beginning, too, it is another text. */
const utf8AsSigned = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** How much of a body is taken. */
interface BodyBounds {
  readonly bytesMax: number
  readonly lease: BodyLease
}

async function readText(c: Context, bounds: BodyBounds, decoder = utf8): Promise<string> {
  const bytes = await readBytes(c, bounds)
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new Problem('invalid-json', 'The body is not UTF-8.', {
      next: 'Send it in UTF-8 (RFC 8259).',
      cause,
    })
  }
}

/** Reads the body, and stops reading at the bound. */
export async function readBytes(c: Context, bounds: BodyBounds): Promise<ArrayBuffer | Uint8Array> {
  const announced = c.req.header('content-length')
  if (announced !== undefined) take(Number(announced), bounds)
  try {
    return announced === undefined ? await collect(c, bounds) : await c.req.arrayBuffer()
  } catch (cause) {
    if (cause instanceof Problem) throw cause
    // Whoever hangs up half way is no fault of the vault's, and an attempt all the same.
    throw new Problem('invalid-input', 'The request ended before its body did.', { cause })
  }
}

function take(bytes: number, { bytesMax, lease }: BodyBounds): void {
  if (bytes > bytesMax) throw bodyTooLarge(bytesMax)
  lease.hold(bytes)
}

async function collect(c: Context, bounds: BodyBounds): Promise<Uint8Array> {
  const body = c.req.raw.body
  if (body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    take(bytes, bounds)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const bodyTooLarge = (bytesMax: number) =>
  new Problem('body-too-large', `The body is larger than ${bytesMax} bytes.`, {
    next: 'Send less at once.',
  })
