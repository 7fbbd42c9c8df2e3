/** How far an upstream that works on a call has come, as it says. */
export interface CallProgress {
  readonly progress: number
  readonly total?: number | undefined
  readonly message?: string | undefined
}
