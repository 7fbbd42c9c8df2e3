// The bill of materials of a published package: CycloneDX 1.6, from what its bundle holds and what npm installs beside it.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { licenceOf } from '../bundled-packages.mjs'
import { root } from '../fresh.mjs'

/** Reads the lockfile once and returns what writes bills. */
export function createBills() {
  const lock = parse(readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8'))
  return (thing) => billOf(lock, thing)
}

/**
 * `sha512` is the hex digest of the archive. No time stands in it and its serial number is made of what it says, so that the same
 * package has the same bill.
 */
function billOf(lock, { folder, kind, name, version, manifest, sha512 }) {
  const beside = installedBeside(lock, folder)
  const bundled = bundledIn(folder)
  const self = {
    ...componentOf(lock, { name, version, licence: manifest.license }),
    type: kind,
    description: manifest.description,
    hashes: [{ alg: 'SHA-512', content: sha512 }],
  }
  const isBundled = ({ name, version }) => !beside.has(`${name}@${version}`)
  const components = [
    ...[...beside.values()].map((entry) => componentOf(lock, entry)),
    ...bundled.filter(isBundled).map((entry) => ({
      ...componentOf(lock, entry),
      properties: [{ name: 'sallyport:bundled', value: 'true' }],
    })),
  ].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1))
  const bill = {
    metadata: { component: self },
    components,
    dependencies: [
      { ref: self['bom-ref'], dependsOn: components.map((entry) => entry['bom-ref']) },
    ],
  }
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(bill))}`,
    version: 1,
    ...bill,
  }
}

function componentOf(lock, { name, version, licence, scope }) {
  const group = /^(@[^/]+)\/(.+)$/.exec(name)
  const key = `${name}@${version}`
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  const integrity = lock.packages[key]?.resolution?.integrity
  const patch = lock.patchedDependencies?.[key]
  return {
    type: 'library',
    'bom-ref': purl,
    ...(group === null ? { name } : { group: group[1], name: group[2] }),
    version,
    ...(scope !== undefined && { scope }),
    ...(integrity !== undefined && { hashes: [hashIn(integrity)] }),
    ...(licence !== undefined && { licenses: [namedLicence(licence)] }),
    purl,
    ...(patch !== undefined && {
      pedigree: {
        patches: [{ type: 'unofficial' }],
        notes: `${patch.path}, SHA-256 ${patch.hash}`,
      },
    }),
  }
}

const namedLicence = (licence) =>
  / (OR|AND|WITH) /.test(licence) ? { expression: licence } : { license: { id: licence } }

function hashIn(integrity) {
  const [, content] = /^sha512-(.+)$/.exec(integrity) ?? []
  if (content === undefined)
    throw new Error(`The lockfile has a hash that is no SHA-512: ${integrity}`)
  return { alg: 'SHA-512', content: Buffer.from(content, 'base64').toString('hex') }
}

/** What the bundle holds, as its build noted it; nothing where the package is no bundle. */
function bundledIn(folder) {
  const path = join(root, folder, 'dist/.bundled.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : []
}

/** All that npm may install beside the package, by `name@version`: what it depends on, at the versions that were tried here. */
function installedBeside(lock, folder) {
  const found = new Map()
  const importer = lock.importers[folder]
  const visit = (dependencies = {}, scope = 'required') => {
    for (const [name, given] of Object.entries(dependencies)) {
      const written = given.version ?? given
      if (written.startsWith('link:'))
        visitMember(join(folder, written.slice('link:'.length)), scope)
      else visitOne({ name, written, scope })
    }
  }
  const visitMember = (member, scope) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, member, 'package.json'), 'utf8'),
    )
    found.set(`${name}@${version}`, { name, version, scope, licence: license })
    visit(lock.importers[member].dependencies, scope)
  }
  const visitOne = ({ name, written, scope }) => {
    const version = written.replace(/\(.*$/, '')
    const key = `${name}@${version}`
    // What one asks for and another can do without is needed.
    if (found.has(key) && (scope === 'optional' || found.get(key).scope === 'required')) return
    found.set(key, { name, version, scope, licence: licenceOnDisk(name, version) })
    const { dependencies, optionalDependencies } = lock.snapshots[`${name}@${written}`]
    visit(dependencies, scope)
    visit(optionalDependencies, 'optional')
  }
  visit(importer.dependencies)
  visit(importer.optionalDependencies, 'optional')
  return found
}

/** Only what fits this machine is installed, so a package for another one says nothing of its licence. */
function licenceOnDisk(name, version) {
  const stored = `${name.replace('/', '+')}@${version}`
  const path = join(root, 'node_modules/.pnpm', stored, 'node_modules', name, 'package.json')
  return existsSync(path) ? licenceOf(JSON.parse(readFileSync(path, 'utf8'))) : undefined
}

/** A UUID of version 8 that is made of a text. */
function uuidOf(text) {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
