import { rmSync } from 'node:fs'

/** Removes the home directory that vitest.config.ts made for this run. */
export function teardown(): void {
  const home = process.env.SALLYPORT_TEST_HOME
  if (home !== undefined) rmSync(home, { recursive: true, force: true })
}
