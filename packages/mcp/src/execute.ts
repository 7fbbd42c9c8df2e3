import type { CallContext } from './call-context.ts'
import { type CarryOutNeeds, carryOut } from './carry-out.ts'
import type { Arguments } from './check-arguments.ts'
import { executeTimeoutMs, maxBytesMax } from './limits.ts'
import { parseSelect } from './select.ts'
import { shapeAnswer } from './shape-answer.ts'

type Members = Readonly<Record<string, unknown>>

/**
 * Sends one request through the vault, once an owner has approved it where one has to.
 * @throws Problem the vault's own; LinkNotShownYet
 */
export async function execute(
  needs: CarryOutNeeds,
  args: Arguments,
  context: CallContext,
): Promise<Members> {
  const { select, maxBytes, waitSeconds, approvalId, ...request } = args
  // Read before anything is sent: a wrong path must not cost a request that changes something.
  const steps = select === undefined ? undefined : parseSelect(String(select))
  const { client } = needs
  const input = { ...request, method: String(request.method), url: String(request.url) }
  const options = { signal: context.signal, timeoutMs: executeTimeoutMs }
  const { answer, waited } = await carryOut(
    needs,
    {
      ask: (id) =>
        client.call('execute', id === undefined ? input : { ...input, approvalId: id }, options),
      send: (id) => client.call('executeApproval', { approvalId: id }, options),
      what: describeRequest(request),
      again: (id) => `call execute again with the same arguments and approvalId "${id}"`,
      ...(approvalId !== undefined && { approvalId: String(approvalId) }),
      ...(waitSeconds !== undefined && { waitSeconds: Number(waitSeconds) }),
    },
    context,
  )
  return shapeAnswer(answer, {
    isRead: request.method === 'GET' || request.method === 'HEAD',
    what: `The ${request.method}`,
    less: `${selectOrMaxBytes}, or ask the API for fewer fields or a smaller page`,
    howToRedeem: (id) =>
      `Then call execute again with the same arguments, approvalId "${id}" and waitSeconds: it waits for the answer and ` +
      'returns the API’s. list_approvals says how it stands.',
    ...(maxBytes !== undefined && { maxBytes: Number(maxBytes) }),
    ...(steps !== undefined && { steps }),
    ...(waited !== undefined && { waited }),
  })
}

/** How a model that has these arguments gets a part, or more. */
export const selectOrMaxBytes = `set select (such as items[].id) or maxBytes (at most ${maxBytesMax})`

/** The method and the host: the vault took the URL, so it can be read. Of the path a person reads on the vault's page. */
const describeRequest = ({ method, url }: Members) =>
  `${method} to ${URL.canParse(String(url)) ? new URL(String(url)).host : 'the API'}`
