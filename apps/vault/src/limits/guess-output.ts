/** Members in which answers of models put what they write. */
const words =
  /"(?:content|text|delta|arguments|reasoning|reasoning_content|thinking|refusal|partial_json|completion|generated_text|output_text)"\s*:\s*"/g
/** Characters of words for a token: few enough for any language, so the guess is rather too high. */
const charsPerToken = 3
const quote = 0x22
const backslash = 0x5c

/**
 * Guesses from an answer that says nothing of what it took how many tokens it wrote: by its words, and by its events, each of which
 * brings one at least. What nobody can see of it, such as what a model thought, is not in it. In linear time.
 */
export function guessOutput(body: unknown): number {
  const text = textOf(body)
  const events = text.match(/^data:/gm)?.length ?? 0
  const isPlain = typeof body === 'string' && events === 0 && !/^\s*[[{"]/.test(text)
  return Math.max(events, Math.ceil((isPlain ? text.length : wordsIn(text)) / charsPerToken))
}

function wordsIn(text: string): number {
  let length = 0
  words.lastIndex = 0
  for (let found = words.exec(text); found !== null; found = words.exec(text)) {
    const from = words.lastIndex
    const to = endOfString(text, from)
    length += to - from
    words.lastIndex = to
  }
  return length
}

function endOfString(text: string, from: number): number {
  let at = from
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === quote) return at
    at += code === backslash ? 2 : 1
  }
  return text.length
}

/** Of bytes that are no text, the words among them: streams of Bedrock frame their JSON. Sound and pictures have none. */
function textOf(body: unknown): string {
  if (body === undefined || body === null) return ''
  if (typeof body === 'string') return body
  const packed = typeof body === 'object' && '$base64' in body ? body.$base64 : undefined
  if (typeof packed === 'string') return Buffer.from(packed, 'base64').toString('latin1')
  try {
    return JSON.stringify(body)
  } catch (cause) {
    if (cause instanceof RangeError) return '' // Nested too deeply: the estimate counts.
    throw cause
  }
}
