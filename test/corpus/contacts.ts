import { alphabets, type Chance } from './chance.ts'
import type { Maker } from './numbers.ts'

// What has no check but a form: addresses, numbers, dates, keys. Nobody's: the names are made of syllables, hosts end in names
// that are reserved for examples where that is possible.

const syllables = ['ba', 'ko', 'mi', 'ra', 'te', 'lu', 'so', 'ni', 'va', 'de', 'fo', 'gi']
export const word = (chance: Chance): string =>
  Array.from({ length: chance.whole(2, 3) }, () => chance.one(syllables)).join('')

export const email: Maker = (chance) => {
  const local = chance.one([
    word(chance),
    `${word(chance)}.${word(chance)}`,
    `${word(chance)}_${chance.digits(2)}`,
    `${word(chance)}+${word(chance)}`,
    `${word(chance)}-${word(chance)}`,
  ])
  const host = chance.one([
    'example.com',
    'mail.example.org',
    `${word(chance)}.example`,
    `${word(chance)}.co.uk`,
    'xn--mnchen-3ya.de',
  ])
  return {
    right: `${local}@${host}`,
    wrong: chance.one([
      `${local}@${chance.whole(1, 9)}.${chance.whole(0, 20)}.${chance.whole(0, 9)}`,
      `${word(chance)}@2x.png`,
      `@${word(chance)}/${word(chance)}`,
    ]),
  }
}

export const phone: Maker = (chance) => {
  const d = chance.digits
  const area = `${chance.whole(2, 9)}${d(2)}`
  const exchange = `${chance.whole(2, 9)}${d(2)}`
  return {
    right: chance.one([
      `+1 ${area} ${exchange} ${d(4)}`,
      `+1${area}${exchange}${d(4)}`,
      `(${area}) ${exchange}-${d(4)}`,
      `${area}-${exchange}-${d(4)}`,
      `${area}.${exchange}.${d(4)}`,
      `+49 ${chance.one(['30', '89', '171', '152'])} ${d(7)}`,
      `+49 (0)${chance.one(['40', '221'])} ${d(3)} ${d(4)}`,
      `0${chance.one(['30', '89', '171', '6221'])} ${d(7)}`,
      `0171/${d(7)}`,
      `+44 20 ${d(4)} ${d(4)}`,
      `020 ${d(4)} ${d(4)}`,
      `07${d(3)} ${d(6)}`,
      `+33 6 ${d(2)} ${d(2)} ${d(2)} ${d(2)}`,
      `06 ${d(2)} ${d(2)} ${d(2)} ${d(2)}`,
      `+81-90-${d(4)}-${d(4)}`,
      `+91 9${d(4)} ${d(5)}`,
      `+55 (11) 9${d(4)}-${d(4)}`,
    ]),
    wrong: chance.one([
      `+${d(2)}.${d(6)}`,
      `20${d(2)}-0${chance.whole(1, 9)}-1${chance.whole(0, 9)}`,
      d(10),
      `${d(3)}-${d(2)}`,
      `0.${d(9)}`,
    ]),
  }
}

export const ipAddress: Maker = (chance) => {
  const octet = () => chance.whole(1, 254)
  const group = () => chance.text(chance.whole(3, 4), alphabets.hex.slice(1))
  const quad = `${octet()}.${octet()}.${octet()}.${octet()}`
  return {
    right: chance.one([
      quad,
      quad,
      `2001:db8:${group()}::${group()}`,
      `fe80::${group()}:${group()}`,
      Array.from({ length: 8 }, group).join(':'),
      `::ffff:${quad}`,
    ]),
    wrong: chance.one([
      `v${quad}`,
      `${octet()}.${octet()}.${octet()}.${chance.whole(256, 999)}`,
      `${quad}.${octet()}`,
      `${word(chance)}::${word(chance)}`,
      `Agent/${quad}`,
      `version ${quad}`,
    ]),
  }
}

export const macAddress: Maker = (chance) => {
  const pairs = Array.from({ length: 6 }, () => chance.text(2, alphabets.hex))
  pairs[1] = `a${chance.digits(1)}`
  const right = chance.one([
    pairs.join(':'),
    pairs.join('-'),
    pairs.join(':').toUpperCase(),
    pairs.join('').replace(/(.{4})(?=.)/g, '$1.'),
  ])
  return {
    right,
    wrong: chance.one([
      `${right}:${chance.text(2, alphabets.hex)}`,
      pairs.slice(1).join(':'),
      pairs.join(''),
    ]),
  }
}

export const url: Maker = (chance) => {
  const host = chance.one([
    'example.com',
    'api.example.org:8443',
    `www.${word(chance)}.example`,
    'localhost:3000',
    '[2001:db8::1]',
  ])
  const path = chance.one([
    '',
    '/',
    `/${word(chance)}/${chance.digits(4)}`,
    `/${word(chance)}?q=${word(chance)}&page=${chance.digits(1)}`,
    `/${word(chance)}#${word(chance)}`,
  ])
  return {
    right: `${chance.one(['https', 'http', 'wss', 'ftp'])}://${host}${path}`,
    wrong: chance.one([`://${word(chance)}`, `${word(chance)}/${word(chance)}`, `www.`]),
  }
}

const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const pad = (number: number): string => String(number).padStart(2, '0')

export const birthDate: Maker = (chance) => {
  const [year, month, day] = [chance.whole(1930, 2015), chance.whole(1, 12), chance.whole(1, 28)]
  const name = monthNames[month - 1] ?? ''
  return {
    right: chance.one([
      `${year}-${pad(month)}-${pad(day)}`,
      `${pad(day)}.${pad(month)}.${year}`,
      `${month}/${day}/${year}`,
      `${pad(day)}/${pad(month)}/${year}`,
      `${day} ${name} ${year}`,
      `${name} ${day}, ${year}`,
      `${year}${pad(month)}${pad(day)}`,
      `${year}-${pad(month)}-${pad(day)}T00:00:00Z`,
    ]),
    wrong: chance.one([
      `${year}-${pad(month + 20)}-${pad(day)}`,
      `${pad(day + 40)}.${pad(month)}.${year}`,
      `${1000 + chance.whole(0, 800)}-${pad(month)}-${pad(day)}`,
    ]),
  }
}

export const passport: Maker = (chance) => ({
  right: chance.one([
    `${chance.whole(1, 9)}${chance.digits(8)}`,
    `${chance.text(1, alphabets.upper)}${chance.digits(8)}`,
  ]),
  wrong: chance.one([chance.digits(7), `${chance.text(2, alphabets.upper)}${chance.digits(9)}`]),
})

export const licence: Maker = (chance) => ({
  right: chance.one([
    `${chance.text(1, alphabets.upper)}${chance.digits(7)}`,
    `${chance.text(1, alphabets.upper)}${chance.digits(12)}`,
    `${chance.text(1, alphabets.upper)}${chance.digits(3)}-${chance.digits(4)}-${chance.digits(4)}`,
    `${chance.text(1, alphabets.upper)}${chance.digits(3)}-${chance.digits(3)}-${chance.digits(2)}-${chance.digits(3)}-${chance.digits(1)}`,
    `${chance.whole(1, 9)}${chance.digits(7)}`,
    `${chance.text(2, alphabets.upper)}${chance.digits(6)}`,
  ]),
  wrong: chance.one([chance.digits(4), `${chance.text(6, alphabets.upper)}`]),
})

export const secret: Maker = (chance) => {
  const { base64Url, alnum, hex, upper, digits } = alphabets
  const web = (length: number) => `${chance.text(length - 2, base64Url)}a7`
  const plain = (length: number) => `${chance.text(length - 2, alnum)}a7`
  return {
    right: chance.one([
      `ghp_${plain(36)}`,
      `gho_${plain(36)}`,
      `github_pat_${plain(22)}_${plain(59)}`,
      `xoxb-${chance.digits(12)}-${chance.digits(12)}-${plain(24)}`,
      `AKIA${chance.text(16, upper + digits.slice(2, 8))}`,
      `AIza${web(35)}`,
      `ya29.${web(60)}`,
      `sk_live_${plain(24)}`,
      `rk_live_${plain(24)}`,
      `whsec_${plain(32)}`,
      `sk-proj-${web(48)}`,
      `sk-${plain(48)}`,
      `sk-ant-api03-${web(93)}`,
      `SG.${web(22)}.${web(43)}`,
      `npm_${plain(36)}`,
      `pypi-AgEIcHlwaS5vcmc${web(100)}`,
      `glpat-${web(20)}`,
      `dop_v1_${chance.text(64, hex)}`,
      `shpat_${chance.text(32, hex)}`,
      `eyJhbGciOiJIUzI1NiJ9.eyJ${web(60)}.${web(43)}`,
      `spt_${web(43)}`,
      `spp_${web(43)}`,
      `hf_${plain(34)}`,
    ]),
    wrong: chance.one([
      `ghp_${plain(8)}`,
      `sk-${word(chance)}`,
      `eyJ${plain(20)}`,
      `AKIA${chance.text(8, upper)}`,
      `npm_${word(chance)}`,
      `xoxb-${chance.digits(3)}`,
    ]),
  }
}
