// Draws docs/architecture.svg from the imports of the code: what is in the picture is so, not meant to be so.
import { cruise } from 'dependency-cruiser'
import config from '../dependency-cruiser.config.mjs'

const boxWidth = 178
const boxHeight = 54
const gapX = 22
const gapY = 64
const margin = 28
const rowBoxesMax = 7
const noteLettersMax = 28

/** The room that a file belongs to: a package, a folder of the vault, or one of the vault's own files. */
function roomOf(file) {
  const inVault = /^apps\/vault\/src\/([^/]+?)(?:\/|\.ts$)/.exec(file)
  if (inVault !== null) return inVault[1]
  return /^(?:packages|apps)\/([^/]+)\/src\//.exec(file)?.[1]
}

const packageOf = (path) =>
  /^(?:.*\/)?node_modules\/(?!.*\/node_modules\/)((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]

/** Rooms with the rooms and the npm packages that they import, both in alphabetical order. */
async function readRooms() {
  const { output } = await cruise(['apps', 'packages'], {
    ...config.options,
    exclude: { path: `${config.options.exclude.path}|\\.test(-d)?\\.ts$|/build\\.mjs$` },
  })
  const rooms = new Map()
  const at = (name) => {
    if (!rooms.has(name)) rooms.set(name, { name, to: new Set(), packages: new Set() })
    return rooms.get(name)
  }
  for (const { source, dependencies } of output.modules) {
    const from = roomOf(source)
    if (from === undefined) continue
    for (const { resolved } of dependencies) {
      const to = roomOf(resolved)
      const name = packageOf(resolved)
      if (to !== undefined && to !== from) at(from).to.add(at(to).name)
      if (to === undefined && name !== undefined && name !== 'zod') at(from).packages.add(name)
      if (to === undefined && /^(node:)?child_process$/.test(resolved))
        at(from).packages.add('processes')
    }
    at(from)
  }
  return [...rooms.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** A room stands one row below the lowest of those that import it. The rules forbid cycles; one would end the search. */
function layer(rooms) {
  const depth = new Map(rooms.map(({ name }) => [name, 0]))
  for (let round = 0; round < rooms.length; round++) {
    for (const { name, to } of rooms) {
      for (const target of to) {
        depth.set(target, Math.max(depth.get(target), depth.get(name) + 1))
      }
    }
  }
  const rows = []
  for (const level of [...new Set(depth.values())].sort((a, b) => a - b)) {
    const row = rooms.filter(({ name }) => depth.get(name) === level)
    for (let i = 0; i < row.length; i += rowBoxesMax) rows.push(row.slice(i, i + rowBoxesMax))
  }
  return rows
}

/** Draws the picture: an SVG that reads on light and on dark, the same bytes for the same imports. */
export async function drawArchitecture() {
  const all = await readRooms()
  // What nearly every room imports is the floor that they stand on: arrows to it would only hide the others.
  const importers = (name) => all.filter(({ to }) => to.has(name)).length
  const floor = all.filter(({ name }) => importers(name) > all.length / 2)
  const rows = layer(
    all.filter((room) => !floor.includes(room)).map((room) => without(room, floor)),
  )
  const width = margin * 2 + Math.max(...rows.map((row) => row.length)) * (boxWidth + gapX) - gapX
  const spots = place(rows, width)
  const floorY = margin + rows.length * (boxHeight + gapY)
  const boxes = [...spots.values()].map(box)
  const arrows = [...spots.values()].flatMap(({ room }) =>
    [...room.to].sort().map((to) => arrow(spots.get(room.name), spots.get(to))),
  )
  const names = floor.map(({ name }) => name).join(', ')
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${floorY + boxHeight + margin}" role="img" aria-label="The rooms of Sallyport and what they import">`,
    style,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>',
    ...arrows,
    ...boxes,
    `<rect class="floor" x="${margin}" y="${floorY}" width="${width - margin * 2}" height="${boxHeight}" rx="6"/>`,
    `<text class="name" x="${width / 2}" y="${floorY + 33}">${names}: most rooms import it</text>`,
    '</svg>',
  ].join('\n')}\n`
}

const without = (room, floor) => ({
  ...room,
  to: new Set([...room.to].filter((name) => !floor.some((stone) => stone.name === name))),
})

function place(rows, width) {
  const spots = new Map()
  for (const [rowIndex, row] of rows.entries()) {
    const left = (width - row.length * (boxWidth + gapX) + gapX) / 2
    for (const [index, room] of row.entries()) {
      const spot = {
        room,
        x: left + index * (boxWidth + gapX),
        y: margin + rowIndex * (boxHeight + gapY),
      }
      spots.set(room.name, spot)
    }
  }
  return spots
}

function box({ room, x, y }) {
  const note = inOneLine([...room.packages].sort())
  const nameY = y + (note === '' ? 32 : 24)
  return [
    `<rect class="room" x="${x}" y="${y}" width="${boxWidth}" height="${boxHeight}" rx="6"/>`,
    `<text class="name" x="${x + boxWidth / 2}" y="${nameY}">${room.name}</text>`,
    ...(note === ''
      ? []
      : [`<text class="note" x="${x + boxWidth / 2}" y="${y + 42}">${note}</text>`]),
  ].join('\n')
}

/** As many names as fit into a box, and how many more there are. */
function inOneLine(names) {
  for (let shown = names.length; shown > 1; shown--) {
    const line = names.slice(0, shown).join(', ') + moreThan(names, shown)
    if (line.length <= noteLettersMax) return line
  }
  return names.length === 0 ? '' : names[0] + moreThan(names, 1)
}

const moreThan = (names, shown) => (names.length > shown ? ` +${names.length - shown}` : '')

function arrow(from, to) {
  const x1 = from.x + boxWidth / 2
  const y1 = from.y + boxHeight
  const x2 = to.x + boxWidth / 2
  const y2 = to.y - 2
  const bend = (y2 - y1) / 2
  const kind = from.room.name === 'compose' ? 'arrow built' : 'arrow'
  return `<path class="${kind}" d="M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}" marker-end="url(#tip)"/>`
}

const style = `<style>
.room{fill:#fff;stroke:#57606a}.floor{fill:#eef1f4;stroke:#57606a}
.name{font:600 15px system-ui,sans-serif;fill:#1f2328;text-anchor:middle}
.note{font:11px system-ui,sans-serif;fill:#57606a;text-anchor:middle}
.arrow{fill:none;stroke:#0969da;stroke-width:1.4}.built{stroke:#8c959f;stroke-dasharray:3 4}.tip{fill:#57606a}
@media (prefers-color-scheme:dark){.room{fill:#161b22;stroke:#8b949e}.floor{fill:#21262d;stroke:#8b949e}
.name{fill:#e6edf3}.note{fill:#9da7b1}.arrow{stroke:#58a6ff}.built{stroke:#6e7681}.tip{fill:#9da7b1}}
</style>`
