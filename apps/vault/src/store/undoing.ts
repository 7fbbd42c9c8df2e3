import type { Database, Transaction } from './database.ts'

/** Runs work in a transaction; what it gives instead of a result takes back all that it wrote. */
export async function undoing<T, Why>(
  database: Pick<Database, 'transaction'>,
  work: (tx: Transaction, give: (why: Why) => never) => Promise<T>,
): Promise<T | Why> {
  let given: { readonly why: Why } | undefined
  try {
    return await database.transaction((tx) =>
      work(tx, (why) => {
        given = { why }
        throw new Error('rolled back')
      }),
    )
  } catch (error) {
    if (given === undefined) throw error
    return given.why
  }
}
