import type {
  ApprovalDetail,
  ApprovalDifference,
  FrozenRequestView,
  Rememberable,
} from '@sallyport/contracts'
import { readBody } from '@sallyport/contracts'
import { printable } from '../terminal.ts'
import { untrustedBlock } from '../untrusted-block.ts'

interface Page {
  readonly width: number
  readonly nowMs: number
}

/** An approval in full, for a person to decide on: what is the vault's own, and apart from it what the agent wrote. */
export function describeApproval(approval: ApprovalDetail, page: Page): string {
  const { agent, connection, request, difference, agentReason, rememberable } = approval
  return [
    `${approval.id}  ${approval.status}${timeLeft(approval, page.nowMs)}`,
    `Agent       ${printable(agent.name)} (${agent.id})`,
    ...(approval.tool === undefined ? [] : [`Tool        ${printable(approval.tool)}`]),
    `Connection  ${printable(connection.label)} (${connection.id}), service ${printable(connection.service)}`,
    `Policy      ${approval.policyId}: ${printable(approval.reason)}`,
    ...askedOften(approval),
    ...conditions(approval),
    ...outcome(approval),
    '',
    ...(agentReason === undefined
      ? ['The agent gave no reason.']
      : [
          'The agent’s reason, in its own words:',
          untrustedBlock(agentReason, { width: page.width }),
        ]),
    '',
    ...(request === undefined
      ? [
          `The request (${approval.requestBytes} bytes) is no longer kept:`,
          ...summary(approval, page.width),
        ]
      : describeRequest(request, approval, page.width)),
    ...(difference === undefined ? [] : ['', ...describeDifference(difference)]),
    ...(rememberable === undefined ? [] : ['', ...describeRememberable(rememberable, page.width)]),
  ].join('\n')
}

const summary = ({ method, host, path }: ApprovalDetail, width: number) =>
  [
    `  Method  ${printable(method)}`,
    `  Host    ${printable(host)}`,
    `  Path    ${printable(path)}`,
  ].map((line) =>
    line.length <= width ? line : `${line.slice(0, 10)}\n${block(line.slice(10), width)}`,
  )

/** What would be sent, in parts that cannot be taken for one another. */
function describeRequest(
  { query, headers, body, callerCredential }: FrozenRequestView,
  approval: ApprovalDetail,
  width: number,
): string[] {
  const { requestBytes, digest } = approval
  const pair = ({ name, value }: { name: string; value: string }) => `${name}: ${value}`
  const credential =
    callerCredential === true
      ? 'the agent’s own credential goes along, and this holds for that one alone'
      : 'the vault adds the credential'
  return [
    `What would be sent, ${requestBytes} bytes; ${credential} (digest ${digest.slice(0, 16)}…):`,
    ...summary(approval, width),
    ...(query.length === 0
      ? []
      : [`  Query, decoded (${query.length})`, ...query.map((one) => block(pair(one), width))]),
    ...(headers.length === 0
      ? []
      : [`  Headers (${headers.length})`, ...headers.map((one) => block(pair(one), width))]),
    ...(body === undefined ? ['  No body'] : describeBody(body, headers, width)),
  ]
}

/** A value cannot begin a line of its own: its line ends are named. */
const block = (text: string, width: number) => untrustedBlock(printable(text), { width })

function describeBody(
  { contentType, bytes: length, base64 }: NonNullable<FrozenRequestView['body']>,
  headers: FrozenRequestView['headers'],
  width: number,
): string[] {
  const encoding = headers.find(({ name }) => name.toLowerCase() === 'content-encoding')
  const read = readBody({ contentType, contentEncoding: encoding?.value, base64 })
  const { readable, text = '', bytes, warnings } = read
  const type = contentType === undefined ? 'no content type' : printable(contentType)
  const lines = (content: string) => untrustedBlock(content, { width })
  const head = (form: string) => `  Body, ${form} (${type}, ${length} bytes)`
  const noted = warnings.map((warning) => `  Note: ${warning}`)
  switch (readable.kind) {
    case 'json': {
      const laidOut = readable.layout.lines.map(
        (line) => '  '.repeat(Math.min(line.depth, indentDepthMax)) + line.text,
      )
      return [head('JSON'), lines(laidOut.join('\n')), ...noted]
    }
    case 'form': {
      const pairs = readable.pairs.map(({ name, value }) => printable(`${name}: ${value}`))
      return [head('a form, decoded'), lines(pairs.join('\n')), ...noted]
    }
    case 'text':
      return [head('text'), lines(text), ...noted]
    case 'bytes':
      return [head('bytes'), lines(hexOf(bytes)), ...noted]
  }
}

/** Deeper than this nothing is indented further. */
const indentDepthMax = 32
const hexBytesMax = 1024

function hexOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, hexBytesMax)).toString('hex')
  const rows = hex.match(/.{1,32}/g) ?? ['(empty)']
  const left = bytes.length - hexBytesMax
  return [...rows, ...(left > 0 ? [`and ${left} more bytes: --body <file> writes them all`] : [])]
    .map((row) => row.replace(/^((?:[0-9a-f]{2})+)$/, (all) => all.replace(/(..)(?=.)/g, '$1 ')))
    .join('\n')
}

function timeLeft({ status, expiresAt }: ApprovalDetail, nowMs: number): string {
  if (status !== 'pending' && status !== 'approved') return ''
  const minutes = Math.max(0, Math.floor((Date.parse(expiresAt) - nowMs) / 60_000))
  return `, ${minutes} min left (until ${expiresAt})`
}

const askedOften = ({ askedCount, createdAt }: ApprovalDetail) => [
  `Asked       ${askedCount === 1 ? 'once' : `${askedCount} times`}, first at ${createdAt}`,
]

function conditions({ freshSignIn, ownersNeeded, approvedBy }: ApprovalDetail): string[] {
  const needs = [
    ...(freshSignIn ? ['a sign-in of the last 5 minutes'] : []),
    ...(ownersNeeded > 1 ? [`${ownersNeeded} owners`] : []),
  ]
  return [
    ...(needs.length === 0 ? [] : [`Needs       ${needs.join(', ')}`]),
    ...approvedBy.map(({ email, at }) => `Approved    by ${printable(email)} at ${at}`),
  ]
}

function outcome({ deniedBy, note, decidedAt, consumedAt, auditId }: ApprovalDetail): string[] {
  return [
    ...(deniedBy === undefined
      ? []
      : [`Denied      by ${printable(deniedBy.email)} at ${decidedAt ?? '?'}`]),
    ...(note === undefined ? [] : [`Note        ${printable(note)}`]),
    ...(consumedAt === undefined ? [] : [`Sent        at ${consumedAt}, audit ${auditId ?? '?'}`]),
  ]
}

/** What may be fixed where a yes is to count for more: names of fields are the agent's own words too. */
function describeRememberable({ fields }: Rememberable, width: number): string[] {
  if (fields.length === 0) {
    return ['Can be approved for more such requests of the very same bytes (--remember exact).']
  }
  const line = ({ name, value, suggested }: Rememberable['fields'][number]) =>
    printable(`${suggested ? '* ' : '  '}${name}  ${value}`)
  return [
    'Can be approved for more such requests: of the very same bytes (--remember exact), or with the same values in fields that',
    'you name (--remember fields --fields <name>), whatever the others say. * says who or where:',
    untrustedBlock(fields.map(line).join('\n'), { width }),
  ]
}

function describeDifference({ approvalId, at, same, ...parts }: ApprovalDifference): string[] {
  const head = `Compared with the last one like it that was sent (${approvalId}, ${at})`
  if (same) return [`${head}: the same.`]
  const list = (name: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`  ${name}: ${names.map(printable).join(', ')}`]
  return [
    `${head}:`,
    ...list('changed', parts.changed),
    ...list('added', parts.added),
    ...list('left out', parts.removed),
  ]
}
