// Habits that no other tool checks: lengths of files, reasons of suppressions, names of folders, notes left behind.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'
import { filesUnder, root } from './fresh.mjs'

const fileLinesMax = 300
const routeFileLinesMax = 80

const isTest = (file) => /\.test(-d)?\.ts$/.test(file) || file.startsWith('test/')
const isShipped = (file) => /^(apps|packages)\/.*\.tsx?$/.test(file) && !isTest(file)
const isCatalogData = (file) => /^packages\/catalog\/src\/(services|providers)\//.test(file)
const isRoute = (file) => /^apps\/vault\/src\/http\/routes\/.*\.ts$/.test(file) && !isTest(file)
const isCode = (file) => /\.(ts|tsx|mjs|cjs|js)$/.test(file)
/** This file and the one that tries it out name what they forbid. */
const namesTheForbidden = (file) => /^(scripts\/tidy\.mjs|test\/planted-violations\.ts)$/.test(file)

/** Each rule looks at one file and answers the numbers of the lines that break it, from 1. */
const rules = [
  {
    name: 'file-length',
    says: `a file has at most ${fileLinesMax} lines`,
    of: (file) => isCode(file) && !isCatalogData(file) && !isTest(file),
    broken: (lines) => (lines.length > fileLinesMax ? [lines.length] : []),
  },
  {
    name: 'route-file-length',
    says: `a route file has at most ${routeFileLinesMax} lines`,
    of: isRoute,
    broken: (lines) => (lines.length > routeFileLinesMax ? [lines.length] : []),
  },
  {
    name: 'route-file-is-a-list',
    says: 'a route file mounts operations: no if, no try, no switch, no loop',
    of: isRoute,
    broken: where(/^(?!\s*(\/\/|\/?\*)).*\b(if|try|switch|for|while)\b\s*[({]/),
  },
  {
    name: 'suppression-without-reason',
    says: 'a suppression says why, after a colon or a dash',
    of: isCode,
    broken: where(
      /biome-ignore(?![^:]*:\s*\S{3,}\s+\S)|@ts-expect-error(?!\s*[-:–—]*\s*\S{3,}\s+\S)|(knip|depcruise)-ignore/,
    ),
  },
  {
    name: 'ts-ignore',
    says: 'an error of the compiler is expected with a reason, never ignored',
    of: isCode,
    broken: where(/@ts-(ignore|nocheck)\b/),
  },
  {
    name: 'note-left-behind',
    says: 'what is to be done is done, or is an issue',
    of: (file) => isCode(file) || file.endsWith('.md'),
    broken: where(/\b(TODO|FIXME|XXX|HACK)\b/),
  },
  {
    name: 'module-state',
    says: 'a module holds no state: make it in a factory',
    of: isShipped,
    broken: where(/^(export\s+)?let\s/),
  },
  {
    name: 'module-mock',
    says: 'a test that replaces a module has found a hidden dependency: hand it in',
    of: (file) => isCode(file) && isTest(file),
    broken: where(/\bvi\.(mock|doMock|hoisted)\(/),
  },
  {
    name: 'folder-for-anything',
    says: 'a folder is named for what it holds',
    of: isCode,
    broken: (_lines, file) =>
      /(^|\/)(utils?|helpers?|common|services|lib|misc|shared)\//.test(file) && !isCatalogData(file)
        ? [1]
        : [],
  },
]

function where(pattern) {
  return (lines) => lines.flatMap((line, index) => (pattern.test(line) ? [index + 1] : []))
}

/** All breaches in the workspace at `base`, as printable lines: `file:line rule: what the rule says`. */
export function tidy(base = root) {
  const files = filesUnder(['apps', 'packages', 'test', 'bench', 'scripts', 'docs'], base)
  return files.filter((file) => !namesTheForbidden(file)).flatMap((file) => breachesIn(file, base))
}

function breachesIn(file, base) {
  const applying = rules.filter((rule) => rule.of(file))
  if (applying.length === 0) return []
  const lines = readFileSync(join(base, file), 'utf8').replace(/\n$/, '').split('\n')
  return applying.flatMap(({ name, says, broken }) =>
    broken(lines, file).map((line) => `${file}:${line} ${name}: ${says}`),
  )
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const breaches = tidy()
  for (const breach of breaches) stdout.write(`${breach}\n`)
  if (breaches.length > 0) process.exitCode = 1
}
