import { type Finding, fail, ok, warn } from './finding.ts'

// Says of the machine's facts whether a vault can rely on them.

/** What was read of the data directory. */
export interface DataDirFacts {
  readonly path: string
  /** False where the first start will make it. */
  readonly exists: boolean
  /** Why nothing can be kept there, as a sentence; undefined where it can. */
  readonly fault: string | undefined
  /** Undefined where the system does not say. */
  readonly freeBytes: number | undefined
  /** Permission bits; undefined where there is no such directory, or no such thing on this system. */
  readonly mode: number | undefined
}

const gibibyte = 2 ** 30
const freeBytesMin = 256 * 2 ** 20
const freeBytesWarned = 2 * gibibyte

/** Judges the data directory. */
export function judgeDataDir(facts: DataDirFacts): Finding[] {
  const what = `data directory ${facts.path}`
  if (facts.fault !== undefined) return [fail(what, facts.fault)]
  const standing = facts.exists
    ? ok(what, 'can be written')
    : ok(what, 'is made at the first start, and can be')
  return [judgeMode(what, facts.mode) ?? standing, ...judgeSpace(facts)]
}

/** Others may pass through, where the vault is root and its database is not; to list or write is another matter. */
function judgeMode(what: string, mode: number | undefined): Finding | undefined {
  if (mode === undefined || (mode & 0o066) === 0) return undefined
  return (mode & 0o022) === 0
    ? warn(what, 'others can list it: chmod go-rw')
    : fail(what, 'others can write to it, and so replace what is in it: chmod go-rw')
}

function judgeSpace({ freeBytes }: DataDirFacts): Finding[] {
  if (freeBytes === undefined) return []
  const what = 'disk space'
  const say = `${Math.floor((freeBytes / gibibyte) * 10) / 10} GiB are free`
  if (freeBytes < freeBytesMin) {
    return [fail(what, `${say}: with none left nothing can be recorded, and so nothing is sent`)]
  }
  return [freeBytes < freeBytesWarned ? warn(what, `${say}: make room soon`) : ok(what, say)]
}

/** A file in which a variable says that a secret is. */
export interface SecretFileFacts {
  readonly variable: string
  readonly path: string
  readonly mode: number
}

/** Judges who can read and write the files of secrets. */
export function judgeSecretFiles(files: readonly SecretFileFacts[]): Finding[] {
  return files.map(({ variable, path, mode }) => {
    if ((mode & 0o022) !== 0) {
      return fail(variable, `others can write ${path}: chmod 600 ${path}`)
    }
    // Docker mounts secrets so that all of the container can read them, which is the vault alone.
    return (mode & 0o044) !== 0 && !path.startsWith('/run/secrets/')
      ? warn(variable, `others can read ${path}: chmod 600 ${path}`)
      : ok(variable, `${path} is the vault’s alone`)
  })
}
