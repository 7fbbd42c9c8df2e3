// Gives a directory to another user for a while, and takes it back.
import { chmod, lchown, lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProgramUser } from './program-user.ts'

/** Gives all that is in a directory to a user. Links are given themselves, and not what they lead to. */
export async function handOver(path: string, user: ProgramUser): Promise<void> {
  // What is inside first: as long as the directory is the vault's, nobody puts a link in the place of something.
  if ((await lstat(path)).isDirectory()) {
    for (const name of await readdir(path)) await handOver(join(path, name), user)
  }
  await lchown(path, user.uid, user.gid)
}

/**
 * Makes all that is in a directory the vault’s own, once nothing of the user’s runs any more: everybody may read it and run what
 * could be run, and nobody else may change it.
 */
export async function takeBack(path: string): Promise<void> {
  const found = await lstat(path)
  await lchown(path, process.getuid?.() ?? 0, process.getgid?.() ?? 0)
  if (found.isSymbolicLink()) return
  const isDirectory = found.isDirectory()
  await chmod(path, isDirectory || (found.mode & 0o111) !== 0 ? 0o755 : 0o644)
  // From here on nobody else changes what is in it.
  if (!isDirectory) return
  for (const name of await readdir(path)) await takeBack(join(path, name))
}
