import { Duplex } from 'node:stream'

/**
 * A socket whose bytes are counted as they come: a driver keeps a whole row in memory, however large, before anybody is
 * asked. Past `receivedBytesMax` it is destroyed, and `isOver` says why.
 */
export class MeteredSocket extends Duplex {
  readonly #socket: Duplex
  #leftBytes: number

  constructor(socket: Duplex, receivedBytesMax: number) {
    super({ allowHalfOpen: false })
    this.#socket = socket
    this.#leftBytes = receivedBytesMax
    socket.on('data', (chunk: Buffer) => {
      this.#leftBytes -= chunk.length
      if (this.isOver) this.destroy(new Error('More was received than is taken'))
      else if (!this.push(chunk)) socket.pause()
    })
    socket.on('end', () => this.push(null))
    socket.on('error', (error: Error) => this.destroy(error))
    socket.on('close', () => this.destroy())
  }

  get isOver(): boolean {
    return this.#leftBytes < 0
  }

  /** For drivers, which believe that they open it: it stands already. */
  connect(): this {
    queueMicrotask(() => this.emit('connect'))
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done())
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }
}
