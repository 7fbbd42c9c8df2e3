/** Bytes of an API's body that the model gets unless it asks for more or less. */
export const maxBytesDefault = 24 * 1024
/** The most that it can ask for. */
export const maxBytesMax = 1024 * 1024

/** The longest wait for an owner; a test compares it with the contract's. */
export const longestWaitSeconds = 300
/** Without progress many clients end a call after 60 s. */
export const waitSecondsWithoutProgress = 45
/**
 * The wait is cut into requests of this length, because proxies between here and the vault commonly end a request that
 * has not been answered for 30 or 60 s.
 */
export const waitSliceSeconds = 20
/** How often an approval is looked at where the vault does not hold the answer back: neither more often nor less. */
export const lookIntervalMsMin = 100
export const lookIntervalMsMax = 10_000
/** Beside the wait: what the vault may need for the request itself. */
export const executeTimeoutMs = 120_000
/** Clients that extend their time limit at each progress notification allow 60 s between two; this leaves room. */
export const progressIntervalMsMax = 10_000
/** Approvals that the model is shown: older ones are of no use to it. */
export const approvalsPerListMax = 50

/** Above this many, granted tools are found and called by two tools and not each by itself; a test compares it with the contract's. */
export const listedToolsMax = 40
/** Tools that a search answers unless it asks for more or fewer, the most that it can ask for, and bytes of JSON of them. */
export const foundToolsDefault = 10
export const foundToolsMax = 50
export const foundToolsBytesMax = 24 * 1024
/** How long a list of tools waits for the vault before it is answered with what is known. */
export const listWaitMsMax = 2_000
/** The vault holds a question for changes of the granted tools for so long. */
export const watchWaitSeconds = 50
/** The longest time between two looks at the granted tools, in case word of a change was lost or cannot be waited for. */
export const lookAgainMsMax = 300_000
/** Ids of approvals whose links were given, remembered so that a call that is made again waits. */
export const givenLinksMax = 1_000
