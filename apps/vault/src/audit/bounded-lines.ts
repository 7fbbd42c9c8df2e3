/**
 * Splits a stream into lines without their line feeds, in bounded memory: of a line that is longer than
 * `lineCharsMax`, the first `lineCharsMax + 1` characters are given, so that its reader can tell, and the rest is
 * dropped. Bytes that are no UTF-8 become U+FFFD. A last line without a line feed is given too.
 */
export async function* boundedLines(
  chunks: AsyncIterable<Uint8Array>,
  lineCharsMax: number,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let rest = ''
  for await (const chunk of chunks) {
    const parts = decoder.decode(chunk, { stream: true }).split('\n')
    const last = parts.pop() ?? ''
    for (const part of parts) {
      yield grow(rest, part, lineCharsMax)
      rest = ''
    }
    rest = grow(rest, last, lineCharsMax)
  }
  rest = grow(rest, decoder.decode(), lineCharsMax)
  if (rest !== '') yield rest
}

function grow(line: string, more: string, lineCharsMax: number): string {
  const room = lineCharsMax + 1 - line.length
  if (room <= 0) return line
  return more.length <= room ? line + more : line + more.slice(0, room)
}
