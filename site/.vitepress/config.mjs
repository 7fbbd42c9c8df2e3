// The documentation site: what VitePress is told. Its pages are put into .pages by scripts/docs.mjs.
import { readFileSync } from 'node:fs'

const { nav, sidebar } = JSON.parse(
  readFileSync(new URL('../.pages/navigation.json', import.meta.url), 'utf8'),
)

// biome-ignore lint/style/noDefaultExport: VitePress reads it there
export default {
  title: 'Sallyport',
  description: 'A vault that keeps credentials away from AI agents',
  lang: 'en',
  srcDir: '.pages',
  outDir: '../out/docs',
  cacheDir: '.cache',
  cleanUrls: false,
  // scripts/docs.mjs has looked at every link and its anchor before; none is left out here either.
  ignoreDeadLinks: false,
  lastUpdated: false,
  markdown: {
    // So that an anchor is the same here and where the repository is read.
    anchor: { slugify: (text) => slug(text) },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  head: [
    ['link', { rel: 'icon', href: '/icon.svg', type: 'image/svg+xml' }],
    ['meta', { name: 'referrer', content: 'no-referrer' }],
  ],
  themeConfig: {
    nav,
    sidebar,
    outline: { level: [2, 3] },
    search: { provider: 'local', options: { detailedView: false } },
    externalLinkIcon: true,
    docFooter: { prev: 'Before', next: 'Next' },
  },
}

/** As Git hosts make anchors of headings. */
function slug(text) {
  return text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')
}
