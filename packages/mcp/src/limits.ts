/** Bytes of an API's body that the model gets unless it asks for more or less. */
export const maxBytesDefault = 24 * 1024
/** The most that it can ask for. */
export const maxBytesMax = 1024 * 1024

/** The longest wait for an owner; a test compares it with the contract's. */
export const longestWaitSeconds = 300
/** Without progress many clients end a call after 60 s. */
export const waitSecondsWithoutProgress = 45
/** Node's `fetch` ends a request whose answer has not begun after 300 s, so the vault is asked to answer before. */
export const waitSecondsOnWire = 290
/** Beside the wait: what the vault may need for the request itself. */
export const executeTimeoutMs = 120_000
/** Clients that extend their time limit at each progress notification allow 60 s between two; this leaves room. */
export const progressIntervalMsMax = 10_000
