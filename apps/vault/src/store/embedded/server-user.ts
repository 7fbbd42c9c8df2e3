// Who runs the embedded PostgreSQL: the vault's own user, or an unprivileged one where the vault runs as root.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { Problem } from '@sallyport/contracts'

/** An operating system user that is not root. */
export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

/** In this order: one made for the purpose, then the one that every system has. */
const userNames = ['sallyport', 'nobody']

/**
 * PostgreSQL refuses to run as root, so a vault that does hands it to another user: the owner of the cluster where there is
 * one already. Undefined where the vault itself is an ordinary user. Throws `store-unavailable` when there is no such user.
 */
export function findServerUser(clusterDirectory: string | undefined): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  if (clusterDirectory !== undefined && existsSync(clusterDirectory)) {
    const { uid, gid } = statSync(clusterDirectory)
    if (uid !== 0) return { uid, gid }
  }
  // Only a user with an entry here will do: PostgreSQL looks its own name up.
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  const users = new Map(lines.map((line) => [line.split(':')[0], line.split(':')] as const))
  for (const name of userNames) {
    const [, , uid, gid] = users.get(name) ?? []
    if (uid !== undefined && gid !== undefined && Number(uid) > 0)
      return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Problem(
    'store-unavailable',
    'The vault runs as root, which PostgreSQL refuses, and this system has no user “nobody” to run it as.',
    { next: 'The operator has to start the vault as an ordinary user, or set DATABASE_URL.' },
  )
}

/** Asks the operating system itself, as that user: modes, lists of access and mounts all count. */
export function canUse(user: ServerUser | undefined, test: '-x' | '-r', path: string): boolean {
  const found = spawnSync('/bin/sh', ['-c', `test ${test} "$1"`, 'sh', path], {
    ...user,
    cwd: '/',
    env: {},
    stdio: 'ignore',
  })
  return found.status === 0
}
