import type { SqlBoundValue, SqlRefusal } from './sql-engine.ts'

const messageCharsMax = 500

/**
 * Values in quotes that were neither written nor bound come out of rows, which the caller may not read: they are left out of what
 * the database says of a value that it could not take.
 */
export function withoutRowValues(
  message: string,
  {
    statement,
    parameters,
  }: { readonly statement: string; readonly parameters: readonly SqlBoundValue[] },
): string {
  const said = [statement, JSON.stringify(parameters.map(({ value }) => value))].join('\n')
  return message.replaceAll(/(["'])(.*?)\1/gs, (whole, quote: string, value: string) =>
    said.includes(value) || said.includes(JSON.stringify(value).slice(1, -1))
      ? whole
      : `${quote}…${quote}`,
  )
}

/** What the database said of a statement, in its own words, on one line. */
export function refusal(code: string, message: string): SqlRefusal {
  const oneLine = message.replaceAll(/\p{Cc}+/gu, ' ').slice(0, messageCharsMax)
  return { refused: { code, message: oneLine } }
}
