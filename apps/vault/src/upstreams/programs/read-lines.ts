// Cuts a stream of bytes into lines, none of which may grow without bound.

/** What was at the beginning and at the end of a line that was too long. */
export interface LineEdges {
  readonly head: string
  readonly tail: string
}

const edgeBytes = 256

/**
 * Takes the bytes of a stream piece by piece and gives its lines, decoded as UTF-8, without their ends. A line of more than
 * `bytesMax` bytes is not kept, only its edges.
 */
export function createLineReader(options: {
  readonly bytesMax: number
  readonly onLine: (line: string) => void
  readonly onLongLine: (edges: LineEdges) => void
}): (chunk: Buffer) => void {
  const { bytesMax } = options
  let pieces: Buffer[] = []
  let bytes = 0
  let long: { head: Buffer; tail: Buffer } | undefined

  function take(piece: Buffer): void {
    bytes += piece.byteLength
    if (long !== undefined) {
      long.tail = Buffer.concat([long.tail, piece.subarray(-edgeBytes)]).subarray(-edgeBytes)
      return
    }
    pieces.push(piece)
    if (bytes <= bytesMax) return
    const whole = Buffer.concat(pieces)
    pieces = []
    // Copies: a part of the buffer would hold the whole.
    long = {
      head: Buffer.from(whole.subarray(0, edgeBytes)),
      tail: Buffer.from(whole.subarray(-edgeBytes)),
    }
  }

  function end(): void {
    const edges = long
    const line = edges === undefined ? Buffer.concat(pieces).toString('utf8') : ''
    pieces = []
    bytes = 0
    long = undefined
    if (edges !== undefined) {
      options.onLongLine({ head: edges.head.toString('utf8'), tail: edges.tail.toString('utf8') })
    } else {
      options.onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
    }
  }

  return (chunk) => {
    let from = 0
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      take(chunk.subarray(from, at))
      from = at + 1
      end()
    }
    if (from < chunk.byteLength) take(chunk.subarray(from))
  }
}
