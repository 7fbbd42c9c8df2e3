import { execFileSync } from 'node:child_process'

/** What was measured, as git names it. */
export interface Commit {
  readonly hash: string
  /** Whether nothing but kept results differed from it. */
  readonly isClean: boolean
}

/** The commit that is checked out in a folder; undefined where there is no git, or no clone. */
export function commitOf(folder: string): Commit | undefined {
  const git = (...args: readonly string[]) =>
    execFileSync('git', args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  try {
    const hash = git('rev-parse', '--short', 'HEAD')
    const changes = git('status', '--porcelain', '--', '.', ':(exclude)bench/results')
    return { hash, isClean: changes === '' }
  } catch {
    return undefined
  }
}
