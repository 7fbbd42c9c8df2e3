// Who runs the programs: where the vault is root, a user without rights and without files but its own.
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** An operating system user that is not root. */
export interface ProgramUser {
  readonly uid: number
  readonly gid: number
}

/** Says as whom the program of a server runs; undefined: as the vault itself does, which is no root then. */
export type FindProgramUser = (serverId: string) => ProgramUser | undefined

/** What systemd calls dynamic users: no system gives these numbers to people or services, and containers have them. */
const firstUid = 61_184
const lastUid = 65_519

/** Whose the directories of programs are by now, by the names of the directories. */
export type ListOwners = (any: ProgramUser) => ReadonlyMap<string, number>

/**
 * Where the vault runs as root, each server's programs get a user number of their own, which no other directory is given to, or all the
 * user that the operator named: so that none of them can read the vault's data, its memory, its environment, its database, or another server's files.
 * @throws RangeError with a sentence for a name that cannot be used
 */
export function createProgramUsers(options: {
  readonly name: string | undefined
  readonly dataDir: string
  readonly listOwners: ListOwners
}): FindProgramUser {
  const { name, listOwners } = options
  if (name === undefined) {
    if (!isRoot()) return () => undefined
    const taken = new Set([...readUsers().values()].map(({ uid }) => uid))
    return (serverId) => {
      const owners = listOwners({ uid: firstUid, gid: firstUid })
      const known = owners.get(serverId)
      if (known !== undefined && isOurs(known)) return { uid: known, gid: known }
      return ownUser(serverId, new Set([...taken, ...owners.values()]))
    }
  }
  const user = findNamedUser(name)
  if (user.uid === ownerOf(join(options.dataDir, 'postgres'))) {
    throw new RangeError(
      `SALLYPORT_UPSTREAM_USER names "${name}", who runs the vault’s database and can read it; name another user`,
    )
  }
  return () => user
}

/**
 * The user whom an operator names.
 * @throws RangeError with a sentence that goes on after the variable's name
 */
export function findNamedUser(name: string): ProgramUser {
  if (!isRoot()) {
    throw new RangeError(
      'must be left out where the vault is not root: nobody else can change users',
    )
  }
  const user = readUsers().get(name)
  if (user === undefined) throw new RangeError(`must name a user of this system; "${name}" is none`)
  if (user.uid === 0)
    throw new RangeError('must not name root, who can read everything of the vault')
  return user
}

const isRoot = () => process.getuid?.() === 0

const isOurs = (uid: number) => uid >= firstUid && uid <= lastUid

function ownUser(serverId: string, taken: ReadonlySet<number>): ProgramUser {
  const count = lastUid - firstUid + 1
  const start = createHash('sha256').update(serverId).digest().readUInt32BE(0)
  for (let step = 0; step < count; step += 1) {
    const uid = firstUid + ((start + step) % count)
    if (!taken.has(uid)) return { uid, gid: uid }
  }
  throw new RangeError('SALLYPORT_UPSTREAM_USER has to be set: no user number is left for programs')
}

function readUsers(): Map<string, ProgramUser> {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  return new Map(
    lines.flatMap((line): [string, ProgramUser][] => {
      const [name = '', , uid = '', gid = ''] = line.split(':')
      return /^\d+$/.test(uid) && /^\d+$/.test(gid)
        ? [[name, { uid: Number(uid), gid: Number(gid) }]]
        : []
    }),
  )
}

function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid
  } catch {
    return undefined
  }
}
