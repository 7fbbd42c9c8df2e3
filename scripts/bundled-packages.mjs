// What of other people's a bundle holds: their names and versions for the bill of materials, their licences as they are asked to go along.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ownScope = /^@sallyport\/|^sallyport(-mcp)?$/
const packageFolder = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/

/** The files that an esbuild bundle kept anything of, by the paths of its metafile. */
export function keptFiles({ outputs }) {
  const kept = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path),
  )
  // What a plugin wrote itself has a namespace and is no file.
  return [...new Set(kept)].filter((path) => !/^[\w-]{2,}:/.test(path))
}

/** The packages of others that these files are of, in the order of their names, with the text of their licences. */
export function packagesOf(files) {
  const folders = new Set(files.map((file) => packageFolder.exec(file)?.[0]).filter(Boolean))
  const found = new Map()
  for (const folder of folders) {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    if (ownScope.test(manifest.name)) continue
    const { name, version } = manifest
    found.set(`${name}@${version}`, {
      name,
      version,
      licence: licenceOf(manifest),
      ...textsIn(folder),
    })
  }
  return sorted([...found.values()])
}

/** Several lists as one, each package once. */
export function merged(...lists) {
  const all = lists.flat().map((entry) => [`${entry.name}@${entry.version}`, entry])
  return sorted([...new Map(all).values()])
}

/** What goes along with a bundle. */
export const licenceTexts = (packages) =>
  packages
    .map(
      ({ name, version, licence, text }) =>
        `${name} ${version} (${licence})\n\n${text || 'Its package holds no text of the licence.\n'}`,
    )
    .join(`\n${'-'.repeat(78)}\n\n`)

const sorted = (packages) =>
  packages.sort((a, b) => compare(a.name, b.name) || compare(a.version, b.version))
const compare = (a, b) => (a < b ? -1 : Number(a > b))

/** An SPDX expression, in whichever of three shapes the manifest has it. */
export function licenceOf({ license, licenses }) {
  const given = license ?? licenses
  const names = [given].flat().map((entry) => entry?.type ?? entry)
  return names.every((name) => typeof name === 'string') ? names.join(' OR ') : 'unknown'
}

function textsIn(folder) {
  const names = readdirSync(folder).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name))
  const files = names
    .sort()
    .map((name) => join(folder, name))
    .filter(existsSync)
  return { text: files.map((file) => readFileSync(file, 'utf8')).join('\n') }
}
