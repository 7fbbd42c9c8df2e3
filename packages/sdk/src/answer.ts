/** What is needed of an answer: a `Response` fits, and so does what a lighter client than `fetch` makes. */
export interface Answer {
  readonly status: number
  readonly ok: boolean
  readonly type: string
  readonly headers: { get(name: string): string | null }
  readonly body: AnswerBody | null
}

/** The bytes of an answer, one chunk after the other. */
export interface AnswerBody {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
    cancel(): Promise<void>
  }
  cancel(): Promise<void>
}

/** Sends one request: the global `fetch` fits. Rejects where no answer came. */
export type Fetch = (url: string, init: RequestInit) => Promise<Answer>
