/** What installs packages. */
export type Installer = 'npm' | 'uv' | 'bun'

/** One package of one version. */
export interface PackageSpec {
  readonly name: string
  /** Absent where none was given: the newest one then, which is found out and pinned. */
  readonly version?: string | undefined
}

const npmName = /^(?:@[a-z0-9~][a-z0-9._~-]*\/)?[a-z0-9~][a-z0-9._~-]*$/
const pythonName = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/
/** One version, no range and no tag: SemVer, and PEP 440. */
const npmVersion = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/
const pythonVersion = /^\d+(?:\.\d+)*(?:(?:a|b|rc|\.post|\.dev)\d+)*$/
const nameCharsMax = 214
const versionCharsMax = 60

/**
 * Reads `@scope/name@1.2.3`, of Python packages also `name==1.2.3`. Undefined for anything else: an address, a path, a tag, a range
 * or an option is no package.
 */
export function readPackage(text: string, installer: Installer): PackageSpec | undefined {
  const isPython = installer === 'uv'
  const at = text.lastIndexOf('@')
  const equals = isPython ? text.indexOf('==') : -1
  const [name, version] =
    equals > 0
      ? [text.slice(0, equals), text.slice(equals + 2)]
      : at > 0
        ? [text.slice(0, at), text.slice(at + 1)]
        : [text, undefined]
  if (name.length > nameCharsMax || !(isPython ? pythonName : npmName).test(name)) return undefined
  if (version === undefined) return { name }
  return version.length <= versionCharsMax && (isPython ? pythonVersion : npmVersion).test(version)
    ? { name, version }
    : undefined
}

/** Is it one version, as the registry of npm names them? */
export const isNpmVersion = (text: string): boolean =>
  text.length <= versionCharsMax && npmVersion.test(text)
