/** Which calls were answered with the link of an approval, and which approval that was. */
export interface GivenLinks {
  /** The approval that an equal call was asked for before. */
  find(call: string): string | undefined
  remember(call: string, approvalId: string): void
  forget(call: string): void
}

/** Remembers as many of the last ones. */
export function createGivenLinks(callsMax: number): GivenLinks {
  const approvals = new Map<string, string>()
  return {
    find: (call) => approvals.get(call),
    remember(call, approvalId) {
      approvals.delete(call)
      approvals.set(call, approvalId)
      if (approvals.size > callsMax) approvals.delete(approvals.keys().next().value ?? call)
    },
    forget: (call) => void approvals.delete(call),
  }
}

/** The same for one of several callers: none finds what another was given. */
export const givenTo = (links: GivenLinks, caller: string): GivenLinks => ({
  find: (call) => links.find(`${caller} ${call}`),
  remember: (call, approvalId) => links.remember(`${caller} ${call}`, approvalId),
  forget: (call) => links.forget(`${caller} ${call}`),
})
