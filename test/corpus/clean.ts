import { alphabets, type Chance, createChance } from './chance.ts'

// Answers of APIs as they are in life, in which nothing is personal: whatever is found in them is found wrongly. Only their URLs
// are meant to be found, and are told.

/** A text in which nothing has to be found but these URLs. */
export interface Clean {
  readonly text: string
  readonly urls: ReadonlySet<string>
}

interface Draw extends Chance {
  uuid(): string
  time(): string
  version(): string
  words(count: number): string
  sentence(): string
  url(path: string): string
}

const nouns =
  'build cache queue release module service cluster index report branch parser socket worker ticket matrix schema invoice shipment warehouse sensor firmware pipeline container region replica snapshot'.split(
    ' ',
  )
const verbs =
  'fails passes starts stops retries drops reads writes merges renders scales restarts blocks times'.split(
    ' ',
  )
const sentences = [
  'The {n} {v} when the {n} has more than {i} entries, see issue #{i}.',
  'Since version {ver} the {n} {v} after {i} ms instead of {i} ms.',
  'Die Lieferung {i} verlässt das Lager am {d}; der Auftrag {ord} umfasst {i} Teile zu je {price} EUR.',
  'Bitte prüfen Sie die Rechnung Nr. {i} vom {d} über {price} €, Kundennummer {i}.',
  'Password reset and token refresh are covered by the {n} tests.',
  'Das Passwort muss mindestens {s} Zeichen lang sein und darf nicht abgelaufen sein.',
  'Call the {n} twice; the second call returns {i} rows and a next page token.',
  'We measured {f} MB/s on the {n} and {f} on the {n}, a ratio of {f}.',
  'Section {s}.{s}.{s} of the handbook explains how the {n} {v}.',
  'Order {ord} was placed on {d} at {t} and ships to warehouse {i}.',
  'Le serveur a répondu en {i} ms, soit {f} % de plus que le {d}.',
  'Bestellung {ord}: {i} Stück, Artikel {sku}, Gewicht {f} kg, Maße {i} x {i} x {i} mm.',
  'Commit {sha7} bumps the {n} from {ver} to {ver}.',
  'The score was {s}-{s}, the final {s}:{s}, before a crowd of {i}.',
  'Flight {sku} leaves gate {s} at {t}.',
  'ISBN {isbn} costs {price} USD; DOI 10.{i}/{sku}.',
]

function createDraw(chance: Chance, urls: Set<string>): Draw {
  const { whole, one, text } = chance
  const pad = (number: number) => String(number).padStart(2, '0')
  const hex = (length: number) => text(length, alphabets.hex)
  const date = () => `20${pad(whole(15, 26))}-${pad(whole(1, 12))}-${pad(whole(1, 28))}`
  const clock = () => `${pad(whole(0, 23))}:${pad(whole(0, 59))}:${pad(whole(0, 59))}`
  const words = (count: number) => Array.from({ length: count }, () => one(nouns)).join(' ')
  const version = () =>
    one([
      `${whole(0, 9)}.${whole(0, 40)}.${whole(0, 40)}`,
      `${whole(0, 9)}.${whole(0, 40)}.${whole(0, 40)}-rc.${whole(1, 9)}`,
    ])
  const fill: Readonly<Record<string, () => string>> = {
    n: () => one(nouns),
    v: () => one(verbs),
    i: () => String(whole(10, 10 ** whole(2, 7))),
    s: () => String(whole(1, 12)),
    f: () => (chance.next() * 1000).toFixed(whole(1, 6)),
    d: () => one([date(), date().split('-').reverse().join('.')]),
    t: clock,
    ord: () =>
      one([
        `ORD-${whole(2020, 2026)}-${chance.digits(6)}`,
        `#${chance.digits(10)}`,
        chance.digits(9),
        `PO-${chance.digits(8)}`,
      ]),
    sku: () =>
      one([
        `${text(2, alphabets.upper)}-${chance.digits(5)}`,
        `${text(3, alphabets.upper)}${chance.digits(4)}`,
        `${chance.digits(3)}-${chance.digits(3)}-${text(2, alphabets.upper)}`,
      ]),
    price: () =>
      one([
        `${whole(1, 9999)}.${pad(whole(0, 99))}`,
        `${whole(1, 99)}.${chance.digits(3)},${pad(whole(0, 99))}`,
      ]),
    isbn: () => `978-${whole(0, 9)}-${chance.digits(4)}-${chance.digits(4)}-${whole(0, 9)}`,
    ver: version,
    sha7: () => hex(7),
  }
  const url = (path: string): string => {
    const made = `https://${one(['api', 'git', 'files'])}.example.com/${path}`
    urls.add(made)
    return made
  }
  return {
    ...chance,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
    time: () =>
      one([
        `${date()}T${clock()}Z`,
        `${date()}T${clock()}.${chance.digits(3)}+02:00`,
        `${date()} ${clock()}`,
      ]),
    version,
    words,
    url,
    sentence: () => one(sentences).replace(/\{(\w+)\}/g, (_, name: string) => fill[name]?.() ?? ''),
  }
}

type Page = (draw: Draw) => string
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make)
const json = (value: unknown, isWide: boolean): string =>
  JSON.stringify(value, null, isWide ? 2 : 0)

const pages: Readonly<Record<string, Page>> = {
  issues: (draw) =>
    json(
      times(4, () => ({
        id: draw.whole(10 ** 8, 10 ** 10),
        node_id: draw.text(24, alphabets.base64Url),
        number: draw.whole(1, 99999),
        url: draw.url(`repos/${draw.whole(1, 9999)}/issues`),
        title: draw.words(5),
        body: times(4, draw.sentence).join('\n'),
        labels: times(2, () => ({
          id: draw.whole(10 ** 8, 10 ** 10),
          name: draw.words(1),
          color: draw.text(6, alphabets.hex),
        })),
        comments: draw.whole(0, 40),
        created_at: draw.time(),
        closed_at: null,
        reactions: { total_count: draw.whole(0, 900), '+1': draw.whole(0, 90), '-1': 0 },
      })),
      draw.next() < 0.5,
    ),
  commits: (draw) =>
    times(
      6,
      () =>
        `commit ${draw.text(40, alphabets.hex)}\nDate:   ${draw.time()}\n\n    ${draw.sentence()}\n\n@@ -${draw.whole(1, 999)},${draw.whole(1, 99)} +${draw.whole(1, 999)},${draw.whole(1, 99)} @@ function x[a::2] std::vector<int> a${draw.whole(1, 9)}::b${draw.whole(1, 9)}\n+const n = ${draw.whole(1, 10 ** 9)}\n-  return values[${draw.whole(0, 9)}:${draw.whole(10, 99)}]`,
    ).join('\n'),
  lock: (draw) =>
    times(
      8,
      () =>
        `    "node_modules/${draw.words(1)}": {\n      "version": "${draw.version()}",\n      "resolved": "${draw.url(`npm/${draw.whole(1, 999)}.tgz`)}",\n      "integrity": "sha512-${draw.text(86, alphabets.base64)}=="\n    },`,
    ).join('\n'),
  logs: (draw) =>
    times(
      12,
      () =>
        `${draw.time()} ${draw.one(['INFO', 'WARN', 'ERROR'])} [${draw.words(1)}-${draw.whole(1, 64)}] request_id=${draw.uuid()} status=${draw.whole(200, 599)} bytes=${draw.whole(1, 10 ** 8)} took=${draw.whole(1, 99999)}us ts=${draw.whole(1_600_000_000_000, 1_800_000_000_000)} trace=${draw.text(32, alphabets.hex)} at 0x${draw.text(12, alphabets.hex)}`,
    ).join('\n'),
  orders: (draw) =>
    json(
      times(6, () => ({
        order_id: draw.digits(draw.whole(8, 12)),
        order_number: `${draw.whole(2019, 2026)}-${draw.digits(7)}`,
        tracking: draw.one([
          `1Z${draw.text(16, alphabets.base32)}`,
          draw.digits(12),
          draw.digits(20),
          `JD${draw.digits(18)}`,
        ]),
        ean: draw.digits(13),
        sku: `${draw.text(3, alphabets.upper)}-${draw.digits(5)}-${draw.text(2, alphabets.upper)}`,
        article: draw.digits(8),
        price: {
          amount: (draw.whole(100, 10 ** 6) / 100).toFixed(2),
          currency: draw.one(['EUR', 'USD', 'GBP']),
        },
        quantity: draw.whole(1, 99),
        placed: draw.time(),
        due: draw.time().slice(0, 10),
        batch: draw.digits(draw.whole(5, 11)),
      })),
      draw.next() < 0.5,
    ),
  metrics: (draw) =>
    times(
      10,
      () =>
        `http_requests_total{method="get",code="${draw.whole(200, 504)}",le="0.${draw.digits(2)}"} ${draw.whole(1, 10 ** 9)} ${draw.whole(1_600_000_000_000, 1_800_000_000_000)}\nprocess_cpu_seconds ${draw.next() * 10 ** 6}\nstart ${draw.whole(1_600_000_000, 1_800_000_000)}.${draw.digits(9)}`,
    ).join('\n'),
  places: (draw) =>
    json(
      times(6, () => ({
        type: 'Feature',
        geometry: { type: 'Point', coordinates: [draw.next() * 360 - 180, draw.next() * 180 - 90] },
        iso6709: `+${(draw.next() * 90).toFixed(6)}-${(draw.next() * 180).toFixed(6)}/`,
        elevation: draw.next() * 4000,
      })),
      false,
    ),
  blob: (draw) =>
    json(
      {
        id: draw.uuid(),
        sha: draw.text(64, alphabets.hex),
        content: draw.text(draw.whole(800, 2400), alphabets.base64),
        cursor: draw.text(40, alphabets.base64Url),
        nextPageToken: draw.text(48, alphabets.base64Url),
        etag: `W/"${draw.text(27, alphabets.base64)}"`,
      },
      false,
    ),
  prose: (draw) => times(14, draw.sentence).join(draw.next() < 0.5 ? ' ' : '\n\n'),
  cluster: (draw) =>
    times(
      5,
      () =>
        `- name: ${draw.words(1)}-${draw.text(9, alphabets.lower)}-${draw.text(5, alphabets.lower)}\n  image: registry/${draw.words(1)}:${draw.version()}@sha256:${draw.text(64, alphabets.hex)}\n  uid: ${draw.uuid()}\n  resourceVersion: "${draw.digits(9)}"\n  memory: ${draw.whole(1, 64)}Gi\n  cpu: ${draw.whole(100, 4000)}m\n  schedule: "*/5 0-23 * * 1-5"\n  startedAt: ${draw.time()}`,
    ).join('\n'),
  chat: (draw) =>
    json(
      times(6, () => ({
        type: 'message',
        ts: `${draw.whole(1_600_000_000, 1_800_000_000)}.${draw.digits(6)}`,
        id: `${draw.whole(1, 9)}${draw.digits(draw.whole(16, 18))}`,
        channel: `C${draw.text(10, alphabets.base32)}`,
        text: draw.sentence(),
        block_id: draw.text(5, alphabets.alnum),
        client_msg_id: draw.uuid(),
      })),
      false,
    ),
  calendar: (draw) =>
    json(
      times(5, () => ({
        id: draw.text(26, alphabets.lower + alphabets.digits),
        iCalUID: draw.text(32, alphabets.hex),
        start: { dateTime: draw.time(), timeZone: 'Europe/Berlin' },
        sequence: draw.whole(0, 9),
        summary: draw.words(3),
        updated: draw.time(),
        colorId: `${draw.whole(1, 11)}`,
      })),
      true,
    ),
  payments: (draw) =>
    json(
      times(5, () => ({
        id: `pi_${draw.text(24, alphabets.alnum)}`,
        customer: `cus_${draw.text(14, alphabets.alnum)}`,
        amount: draw.whole(100, 10 ** 6),
        created: draw.whole(1_600_000_000, 1_800_000_000),
        invoice: `${draw.text(8, alphabets.base32)}-${draw.digits(4)}`,
        statement: `TX ${draw.digits(6)}`,
        auth_code: draw.digits(6),
        reference: draw.digits(draw.whole(12, 15)),
        token_type: 'card',
        total_tokens: draw.whole(1, 9999),
      })),
      draw.next() < 0.5,
    ),
  table: (draw) =>
    times(12, () =>
      [
        draw.digits(6),
        draw.words(2),
        draw.whole(1, 10 ** 6),
        `${draw.whole(1, 999)} ${draw.digits(3)} ${draw.digits(3)}`,
        (draw.next() * 1000).toFixed(4),
        draw.time(),
        draw.text(12, alphabets.hex),
      ].join(draw.one([',', ';', '\t'])),
    ).join('\n'),
  config: (draw) =>
    `password: required\ntoken: \${TOKEN}\napi_key: <your key>\nsecret: "{{ secret }}"\npassword_min_length: ${draw.whole(8, 20)}\n"password": "string"\nassembly: 4.0.0.0\nversion = "10.2.1.${draw.whole(0, 9)}"\nUser-Agent: Agent/${draw.whole(80, 130)}.0.${draw.whole(1000, 6999)}.${draw.whole(1, 200)}\noid: 1.3.6.1.4.1.${draw.whole(1, 60000)}\nkeyFingerprint: ${times(20, () => draw.text(2, alphabets.hex)).join(':')}\nulid: 01${draw.text(24, alphabets.base32)}\ngrid: ${times(6, () => draw.digits(4)).join(' ')}\nregex: ^[a-z0-9]{8,32}$`,
}

/** At least so many characters of such answers, one page after another. */
export function cleanCorpus({
  chars,
  seed,
}: {
  readonly chars: number
  readonly seed: number
}): Clean {
  const urls = new Set<string>()
  const draw = createDraw(createChance(seed), urls)
  const makers = Object.values(pages)
  const parts: string[] = []
  for (let length = 0; length < chars; ) {
    const part = draw.one(makers)(draw)
    parts.push(part)
    length += part.length + 2
  }
  return { text: parts.join('\n\n'), urls }
}
