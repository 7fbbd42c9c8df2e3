// Gathers the pages of the documentation site: what stands in docs/ and beside the packages, as it is but for its links, and the
// pages that are made from the API's description alone. Writes them to site/.pages, with the navigation.
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { apiPages, pageOf } from './api-pages.mjs'
import { navigation } from './docs-navigation.mjs'
import { root } from './fresh.mjs'
import { readSources } from './generate.mjs'
import {
  brokenLinks,
  changeLinks,
  isOutside,
  pagesOutOfReach,
  pieces,
  resolveLink,
  slug,
  titleOf,
} from './markdown-links.mjs'

const target = join(root, 'site/.pages')

/** Pages that stand elsewhere than in docs/, by their source, with their place on the site. */
const elsewhere = new Map([
  ['packages/mcp/README.md', 'sallyport-mcp.md'],
  ['CONTRIBUTING.md', 'contributing.md'],
  ['SECURITY.md', 'security.md'],
])

/** Where people begin to read. */
const firstPages = ['README.md', 'docs/README.md']

/** Every page that is written by hand or committed, by its source, with its place on the site. */
function pageSources(base = root) {
  const names = readdirSync(join(base, 'docs')).filter((name) => name.endsWith('.md'))
  const decisions = readdirSync(join(base, 'docs/decisions')).filter((name) => name.endsWith('.md'))
  return new Map([
    ...names.map((name) => [`docs/${name}`, name === 'README.md' ? 'index.md' : name]),
    ...decisions.map((name) => [`docs/decisions/${name}`, `decisions/${name}`]),
    ...elsewhere,
  ])
}

/** Writes site/.pages anew. Throws where a link leads nowhere. */
export async function writePages() {
  const sources = pageSources()
  const broken = brokenLinks([...sources.keys(), 'README.md'])
  if (broken.length > 0) throw new Error(`Links that lead nowhere:\n${broken.join('\n')}`)
  // Decisions have a page that lists them, which is made here.
  const written = [...sources.keys()].filter((source) => !source.startsWith('docs/decisions/'))
  const lost = pagesOutOfReach(written, firstPages)
  if (lost.length > 0) throw new Error(`Pages that no link leads to: ${lost.join(', ')}`)
  const { operations, toOpenApi } = await readSources()
  const pages = new Map()
  for (const [source, place] of sources) pages.set(place, toSitePage(source, place, sources))
  for (const [place, text] of apiPages(operations, toOpenApi(operations, '')))
    pages.set(place, text)
  pages.set('api.md', withOperationLinks(pages.get('api.md') ?? '', operations))
  pages.set('decisions/index.md', decisionsPage(sources))
  replace(pages, sources)
}

function replace(pages, sources) {
  rmSync(target, { recursive: true, force: true })
  for (const [place, text] of pages) {
    mkdirSync(dirname(join(target, place)), { recursive: true })
    writeFileSync(join(target, place), withNamedColumns(text))
  }
  cpSync(join(root, 'docs/images'), join(target, 'images'), { recursive: true })
  mkdirSync(join(target, 'public'), { recursive: true })
  cpSync(join(root, 'docs/architecture.svg'), join(target, 'architecture.svg'))
  cpSync(join(root, 'apps/dashboard/public/icon.svg'), join(target, 'public/icon.svg'))
  const titles = new Map([...pages].map(([place, text]) => [place, titleOf(text)]))
  writeFileSync(join(target, 'navigation.json'), JSON.stringify(navigation(titles), null, 2))
  return sources
}

/** The page as the site has it: links lead to the site's own pages, and nothing in it is a template of the site. */
function toSitePage(source, place, sources) {
  const text = readFileSync(join(root, source), 'utf8').replace(/^<!--[\s\S]*?-->\n*/, '')
  const linked = changeLinks(text, (link) => siteLink({ source, place, link, sources }))
  // A file of the repository is no page: it is named and not linked.
  const named = linked.replace(
    /\[((?:[^\]`]|`[^`]*`)*)\]\(repository:([^)]+)\)/g,
    (_all, label, path) =>
      label.replaceAll('`', '') === path ? `\`${path}\`` : `${label} (\`${path}\`)`,
  )
  return pieces(withBothThemes(named))
    .map(({ code, text: piece }) => (code ? inertCode(piece) : inert(piece)))
    .join('')
}

function siteLink({ source, place, link, sources }) {
  if (isOutside(link) || link.startsWith('#')) return link
  const { file, anchor } = resolveLink(source, link)
  const page = sources.get(file) ?? (file === 'docs/decisions' ? 'decisions/index.md' : undefined)
  if (page !== undefined) return `${from(place, page)}${anchor === undefined ? '' : `#${anchor}`}`
  if (file === 'README.md') return `${from(place, 'quick-start.md')}`
  if (/^docs\/.*\.(png|svg)$/.test(file)) return from(place, file.slice('docs/'.length))
  return `repository:${file}${statSync(join(root, file)).isDirectory() ? '/' : ''}`
}

function from(place, page) {
  const path = relative(dirname(place), page)
  return path.startsWith('.') ? path : `./${path}`
}

/** The table of operations leads to their own pages, which are on the site alone. */
const withOperationLinks = (text, operations) =>
  text.replace(
    /^\| `(\w+)` \|/gm,
    (_row, id) => `| [\`${id}\`](./${pageOf(operations[id])}#${slug(id)}) |`,
  )

/** A picture in two themes follows the site's switch and not only the system's. */
const withBothThemes = (text) =>
  text.replace(
    /<picture>\s*<source [^>]*srcset="([^"]+)"[^>]*>\s*<img alt="([^"]*)" src="([^"]+)"[^>]*>\s*<\/picture>/g,
    '<img class="dark-only" loading="lazy" alt="$2" src="$1">\n<img class="light-only" loading="lazy" alt="$2" src="$3">',
  )

const htmlThatIsMeant = /<(?!\/?(a|br|details|img|summary)\b|!--|https?:)/g

/** A column without a heading has one for whoever hears the page. */
const withNamedColumns = (text) =>
  text.replace(/^\|.*\|$(?=\n\|(?: *:?-+:? *\|)+$)/gm, (head) =>
    head.replace(/\|(?=\s+\|)/g, (_bar, index) => {
      const name = index === 0 ? 'what' : 'about'
      return `| <span class="visually-hidden">${name}</span>`
    }),
  )

/** Words in angle brackets and in braces are text. */
const inert = (text) =>
  text.replace(htmlThatIsMeant, '&lt;').replaceAll('{{', '<span v-pre>&#123;&#123;</span>')

/** Blocks of code are left alone by VitePress; braces within a line of text it would read. */
function inertCode(text) {
  const inline = /^(`+)([^`\n][^\n]*)\1$/.exec(text)?.[2]
  if (inline?.includes('{{') !== true) return text
  const asText = inline.trim().replace(/[^\w\s|\\]/g, (sign) => `&#${sign.codePointAt(0)};`)
  return `<code v-pre>${asText}</code>`
}

function decisionsPage(sources) {
  const rows = [...sources.keys()]
    .filter((source) => source.startsWith('docs/decisions/'))
    .map((source) => {
      const name = source.slice('docs/decisions/'.length)
      const title = titleOf(readFileSync(join(root, source), 'utf8'))
      return `| ${name.slice(0, 10)} | [${title}](./${name}) |`
    })
  return `# Decisions\n\nWhat others would ask about, and why it is as it is. The newest stands last.\n\n| | |\n| --- | --- |\n${rows.join('\n')}\n`
}
