import type { Ask } from '../server-needs.ts'
import type { IntendedUse } from '../sql-engine.ts'

export const mysqlVersionStatement = 'SELECT VERSION()'

const dangerous: readonly (readonly [RegExp, string])[] = [
  [/\bFILE\b/, 'The user may read and write files of the server (FILE).'],
  [/\bSUPER\b/, 'The user may change settings of the server (SUPER).'],
  [/\bPROCESS\b/, 'The user sees the statements of all others (PROCESS).'],
  [/\bCREATE USER\b/, 'The user may create users (CREATE USER).'],
  [/\b(?:SHUTDOWN|RELOAD)\b/, 'The user may shut down or reload the server.'],
  [
    /\bWITH GRANT OPTION\b|\bGRANT OPTION\b/,
    'The user may give its rights to others (GRANT OPTION).',
  ],
  [
    /\bEXECUTE\b/,
    'The user may call procedures, which can run with the rights of their owner (EXECUTE).',
  ],
]
const writing = /\b(?:INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|TRIGGER|EVENT|INDEX|LOCK TABLES)\b/

/** What a user may do beyond what its source needs, in sentences for the owner. */
export async function mysqlWarnings(ask: Ask, use: IntendedUse): Promise<string[]> {
  // Without FOR, MariaDB says what the role of the session adds, too.
  const rows = await ask('SHOW GRANTS', [])
  // What is granted, and on what; the password's hash stands behind TO.
  const grants = rows.flatMap(([line]) => {
    const found = /^GRANT (.+?) ON (.+?) TO /.exec(line ?? '')
    const option = /WITH GRANT OPTION/.test(line ?? '') ? ' WITH GRANT OPTION' : ''
    return found === null ? [] : [{ rights: `${found[1]}${option}`, on: found[2] ?? '' }]
  })
  const all = grants.filter(({ rights }) => /\bALL PRIVILEGES\b/.test(rights))
  const isEverywhere = all.some(({ on }) => on === '*.*')
  if (isEverywhere) {
    return [
      'The user may do everything on this server (ALL PRIVILEGES ON *.*). Use a user of its own.',
    ]
  }
  const warnings = dangerous.flatMap(([right, sentence]) =>
    grants.some(({ rights }) => right.test(rights)) ? [sentence] : [],
  )
  // MySQL does not say what is theirs.
  const roles = rows.flatMap(([line]) => /^GRANT ((?!.* ON ).+?) TO /.exec(line ?? '')?.[1] ?? [])
  if (roles.length > 0) {
    const named = roles.join(', ').replaceAll('`', '').slice(0, 200)
    warnings.push(`The user has the role ${named}: what that may do, it may.`)
  }
  const writable = grants.filter(
    ({ rights }) => writing.test(rights) || /\bALL PRIVILEGES\b/.test(rights),
  )
  if (!use.writes && writable.length > 0) {
    const where = writable
      .map(({ on }) => on)
      .join(', ')
      .slice(0, 200)
    warnings.push(
      `The user may write to ${where}, and no statement of this source writes. GRANT it SELECT alone.`,
    )
  }
  if (grants.some(({ rights, on }) => on === '*.*' && /\bSELECT\b/.test(rights))) {
    warnings.push(
      'The user may read every database of the server, its own tables included (SELECT ON *.*).',
    )
  }
  return warnings
}
