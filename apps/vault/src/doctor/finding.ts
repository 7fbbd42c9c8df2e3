/** What was looked at, and what is to be done about it. */
export interface Finding {
  readonly what: string
  /** `warn`: it works, and somebody should know. */
  readonly level: 'ok' | 'warn' | 'fail'
  /** One sentence; where it is not ok, with what to do. Never a secret. */
  readonly say: string
}

export const ok = (what: string, say: string): Finding => ({ what, level: 'ok', say })
export const warn = (what: string, say: string): Finding => ({ what, level: 'warn', say })
export const fail = (what: string, say: string): Finding => ({ what, level: 'fail', say })
