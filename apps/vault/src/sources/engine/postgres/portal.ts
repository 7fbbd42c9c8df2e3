import type { Connection } from 'pg'
import type { RowCollector } from '../row-collector.ts'
import type { PgValue } from './bind-value.ts'
import { cellReader } from './read-cell.ts'

/** So many rows are asked for at a time; the server makes no more until then. */
const batchRows = 100

interface Field {
  readonly name: string
  readonly dataTypeID: number
}

/**
 * One statement over the extended protocol, which takes one statement and no more: parsed, bound, and read in batches until the
 * collector has enough. For `client.query()`.
 */
export class Portal {
  /** How many rows it changed, when it is over. */
  readonly changed: Promise<number>
  readonly #settle: { resolve(changed: number): void; reject(error: unknown): void }
  readonly #statement: string
  readonly #values: readonly PgValue[]
  readonly #rows: RowCollector
  #readers: ReturnType<typeof cellReader>[] = []
  #changed = 0
  #failure: unknown

  constructor(statement: string, values: readonly PgValue[], rows: RowCollector) {
    this.#statement = statement
    this.#values = values
    this.#rows = rows
    const { promise, ...settle } = withResolvers<number>()
    this.changed = promise
    this.#settle = settle
  }

  submit(connection: Connection): void {
    const types = this.#values.map(({ typeId }) => String(typeId))
    connection.parse({ name: '', text: this.#statement, types }, true)
    connection.bind({ values: this.#values.map(({ text }) => text), valueMapper: same }, true)
    connection.describe({ type: 'P', name: '' }, true)
    this.#readMore(connection)
  }

  #readMore(connection: Connection): void {
    connection.execute({ portal: '', rows: `${batchRows}` }, true)
    connection.flush()
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.#readers = fields.map(({ dataTypeID }) => cellReader(dataTypeID))
    this.#rows.setColumns(fields.map(({ name }) => name))
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    if (this.#failure !== undefined || this.#rows.isFull) return
    try {
      this.#rows.add(fields.map((text, i) => this.#readers[i]?.(text) ?? null))
    } catch (error) {
      this.#failure = error
    }
  }

  handlePortalSuspended(connection: Connection): void {
    if (!this.#rows.isFull && this.#failure === undefined) {
      this.#readMore(connection)
    } else {
      connection.close({ type: 'P', name: '' }, true)
      connection.sync()
    }
  }

  handleCommandComplete({ text }: { readonly text: string }, connection: Connection): void {
    this.#changed = Number(/(\d+)$/.exec(text)?.[1] ?? 0)
    connection.sync()
  }

  handleEmptyQuery(connection: Connection): void {
    connection.sync()
  }

  handleReadyForQuery(): void {
    if (this.#failure === undefined) this.#settle.resolve(this.#changed)
    else this.#settle.reject(this.#failure)
  }

  handleError(error: unknown): void {
    this.#settle.reject(error)
  }

  handleCopyInResponse(connection: Connection): void {
    this.handleError(new Error('COPY is not taken'))
    connection.stream.destroy()
  }

  handleCopyData(_message: unknown, connection: Connection): void {
    this.handleCopyInResponse(connection)
  }
}

/** The values are texts already. */
const same = <T>(value: T): T => value

function withResolvers<T>() {
  let resolve: (value: T) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<T>((onDone, onFailure) => {
    resolve = onDone
    reject = onFailure
  })
  return { promise, resolve, reject }
}
