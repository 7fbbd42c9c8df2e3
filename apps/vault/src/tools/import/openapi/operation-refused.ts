/** Thrown where one operation cannot become a tool; the message is the reason, a sentence for its owner. */
export class OperationRefused extends Error {
  override name = 'OperationRefused'
}

/** @throws OperationRefused, always */
export function refuseOperation(reason: string): never {
  throw new OperationRefused(reason)
}
