import type { SqlRefusal } from './sql-engine.ts'

const messageCharsMax = 500

/** What the database said of a statement, in its own words, on one line. */
export function refusal(code: string, message: string): SqlRefusal {
  const oneLine = message.replaceAll(/\p{Cc}+/gu, ' ').slice(0, messageCharsMax)
  return { refused: { code, message: oneLine } }
}
