import { lookup } from 'node:dns/promises'

const lookupMsMax = 5_000

/** Whether the machine finds an address for a name. Asks as every request to an upstream does. */
export async function findsName(name: string): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), lookupMsMax)
  })
  try {
    const found = lookup(name, { all: true }).then(
      (addresses) => addresses.length > 0,
      () => false,
    )
    return await Promise.race([found, late])
  } finally {
    clearTimeout(timer)
  }
}
