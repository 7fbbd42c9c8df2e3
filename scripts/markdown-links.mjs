// Reads what pages of documentation link to, and says which links lead nowhere: files, anchors, pictures.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { root } from './fresh.mjs'

/** As Git hosts and the site make anchors of headings. */
export const slug = (text) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')

/** Cuts a page into pieces of text and of code, so that nothing within code is taken for markup. */
export function pieces(markdown) {
  const found = []
  let last = 0
  for (const match of markdown.matchAll(
    /^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1[ \t]*$|(`+)[^`][\s\S]*?\2(?!`)/gm,
  )) {
    found.push({ code: false, text: markdown.slice(last, match.index) })
    found.push({ code: true, text: match[0] })
    last = match.index + match[0].length
  }
  found.push({ code: false, text: markdown.slice(last) })
  return found
}

const withoutCode = (markdown) =>
  pieces(markdown)
    .map(({ code, text }) => (code ? text.replace(/[^\n]/g, ' ') : text))
    .join('')

/** Headings with their anchors, those of code within them included, and anchors that stand in the text. */
function anchorsOf(markdown) {
  const fences = markdown.replace(/^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1[ \t]*$/gm, '')
  const counts = new Map()
  const anchors = new Set([...fences.matchAll(/<a id="([^"]+)">/g)].map((match) => match[1]))
  for (const [, text = ''] of fences.matchAll(/^#{1,6} (.+)$/gm)) {
    const plain = text.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '')
    const base = slug(plain)
    const count = counts.get(base) ?? 0
    counts.set(base, count + 1)
    anchors.add(count === 0 ? base : `${base}-${count}`)
  }
  return anchors
}

/** The first heading of a page, as plain text. */
export const titleOf = (markdown) => /^# (.+)$/m.exec(markdown)?.[1]?.replace(/[`*]/g, '') ?? ''

const linkForms = [/(?<=\]\()[^)\s]+(?=\))/g, /(?<=(?:href|src|srcset)=")[^"\s]+(?=")/g]

/** Replaces every target of a link or a picture outside of code by what `change` makes of it. */
export function changeLinks(markdown, change) {
  return pieces(markdown)
    .map(({ code, text }) =>
      code ? text : linkForms.reduce((done, form) => done.replace(form, change), text),
    )
    .join('')
}

/** Every target of the page's links and pictures with its line. */
function linksOf(markdown) {
  const text = withoutCode(markdown)
  return linkForms.flatMap((form) =>
    [...text.matchAll(form)].map((match) => ({
      target: match[0],
      line: text.slice(0, match.index).split('\n').length,
    })),
  )
}

export const isOutside = (target) => /^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target)

/** Where in the workspace a link of this page leads. */
export function resolveLink(page, target) {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : normalize(join(dirname(page), decodeURIComponent(path)))
  return { file, anchor }
}

/** What is wrong with the links of these pages (paths in the workspace): a printable line for each that leads nowhere. */
export function brokenLinks(pages, base = root) {
  const anchors = new Map()
  const anchorsAt = (file) => {
    if (!anchors.has(file)) anchors.set(file, anchorsOf(readFileSync(join(base, file), 'utf8')))
    return anchors.get(file)
  }
  return pages.flatMap((page) =>
    linksOf(readFileSync(join(base, page), 'utf8')).flatMap(({ target, line }) => {
      if (isOutside(target)) return []
      const { file, anchor } = resolveLink(page, target)
      if (file.startsWith('..') || !existsSync(join(base, file))) {
        return [`${page}:${line} leads to ${target}, which is not there`]
      }
      if (anchor === undefined || !file.endsWith('.md') || statSync(join(base, file)).isDirectory())
        return []
      return anchorsAt(file).has(anchor)
        ? []
        : [`${page}:${line} leads to ${target}, and ${file} has no such heading`]
    }),
  )
}

/** Which of these pages no chain of links leads to from the pages where people begin. */
export function pagesOutOfReach(pages, begins, base = root) {
  const reached = new Set()
  const waiting = [...begins]
  for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
    if (reached.has(page)) continue
    reached.add(page)
    for (const { target } of linksOf(readFileSync(join(base, page), 'utf8'))) {
      const { file } = resolveLink(page, target)
      if (!isOutside(target) && file.endsWith('.md')) waiting.push(file)
    }
  }
  return pages.filter((page) => !reached.has(page))
}
