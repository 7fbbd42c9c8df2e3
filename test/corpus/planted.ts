import type { SensitiveKind } from '@sallyport/contracts'
import { alphabets, type Chance, createChance } from './chance.ts'
import * as contacts from './contacts.ts'
import type { Maker } from './numbers.ts'
import * as numbers from './numbers.ts'
import { wallet } from './wallets.ts'

/** A text with one value planted in it. */
export interface Planted {
  readonly kind: SensitiveKind
  readonly text: string
  readonly start: number
  readonly end: number
  /** Whether it has to be found: a near miss must not be. */
  readonly isRight: boolean
}

/** Where a value stands in life; `%` is the value. */
const anywhere = [
  '%',
  '{"id":"a1","value":"%","ok":true}',
  '{\n  "items": [\n    { "value": "%" }\n  ]\n}',
  'The value is %, as agreed.',
  'ts=2026-03-04T10:00:00Z level=info value=% status=ok',
  'one;two;%;four',
  '<td class="c1">%</td>',
  'see (%) below',
  'first line\n%\nthird line',
  'Wir haben "%" notiert.',
  '번호는 %입니다',
  '号码：%。',
]

interface Plan {
  readonly make: Maker
  readonly contexts: readonly string[]
}

const beside = (...names: readonly string[]): string[] =>
  names.flatMap((name) => [`{"id":"a1","${name}":"%","ok":true}`, `${name}: %`, `${name}=%`])

const plans: Readonly<Record<SensitiveKind, Plan>> = {
  email: {
    make: contacts.email,
    contexts: [...anywhere, 'mailto:%?subject=x', 'From: Team <%>', 'GET /users?email=%&page=2'],
  },
  phone: { make: contacts.phone, contexts: [...anywhere, 'tel:%', 'Call us: % (9 to 5)'] },
  ip_address: {
    make: contacts.ipAddress,
    contexts: [
      ...anywhere,
      '% - - [04/Mar/2026:10:00:00 +0000] "GET / HTTP/1.1" 200',
      'from % port 22',
    ],
  },
  mac_address: { make: contacts.macAddress, contexts: [...anywhere, 'ether % txqueuelen 1000'] },
  url: {
    make: contacts.url,
    contexts: [...anywhere, '[docs](%)', 'href="%"', 'Link: <%>; rel="next"'],
  },
  credit_card: {
    make: numbers.creditCard,
    contexts: [...anywhere, 'card % 12/27', '{"card":{"number":"%","exp":"12/27"}}'],
  },
  iban: {
    make: numbers.iban,
    contexts: [...anywhere, 'IBAN: % BIC ABCDEFGH', 'Überweisung auf % bis Freitag'],
  },
  crypto_wallet: {
    make: wallet,
    contexts: [...anywhere, 'bitcoin:%?amount=0.1', 'sent to % at block 812345'],
  },
  us_bank_routing: {
    make: numbers.routing,
    contexts: [
      ...beside('routing_number', 'routingNumber', 'aba'),
      'Routing number % and account 00012345',
      'ABA %',
      'wire to bank (routing no. %)',
    ],
  },
  date_of_birth: {
    make: contacts.birthDate,
    contexts: [
      ...beside('dob', 'date_of_birth', 'dateOfBirth', 'birthDate'),
      'born on %',
      'Geburtsdatum: %',
      'geboren am %',
      'née le %',
      'Data di nascita: %',
      '生年月日: %',
    ],
  },
  us_ssn: {
    make: numbers.ssn,
    contexts: [...anywhere, ...beside('ssn', 'social_security_number')],
  },
  us_itin: { make: numbers.itin, contexts: [...anywhere, ...beside('itin', 'tin')] },
  us_passport: {
    make: contacts.passport,
    contexts: [
      ...beside('passport', 'passportNumber', 'passport_no'),
      'US passport %, valid until 2031',
      'Passport No. %',
      'Her passport number is %.',
    ],
  },
  us_driver_license: {
    make: contacts.licence,
    contexts: [
      ...beside('driver_license', 'driversLicense', 'dl_number'),
      "Driver's license % (CA)",
      'DL# %',
      'driving licence: %',
    ],
  },
  us_npi: {
    make: numbers.npi,
    contexts: [
      ...beside('npi', 'npi_number', 'providerNpi'),
      'NPI %',
      'National Provider Identifier %',
      'prescriber %',
    ],
  },
  uk_nhs: {
    make: numbers.nhs,
    contexts: [
      ...beside('nhs', 'nhs_number', 'nhsNumber'),
      'NHS number %',
      'patient % seen today',
      'NHS No: %',
    ],
  },
  uk_nino: {
    make: numbers.nino,
    contexts: [...anywhere, ...beside('nino', 'national_insurance_number')],
  },
  it_fiscal_code: {
    make: numbers.fiscalCode,
    contexts: [...anywhere, ...beside('codice_fiscale', 'cf')],
  },
  it_vat: {
    make: numbers.italianVat,
    contexts: [
      ...beside('partita_iva', 'piva', 'vat_number'),
      'P.IVA %',
      'P. IVA: %',
      'Partita IVA %',
      'VAT IT%',
    ],
  },
  in_aadhaar: {
    make: numbers.aadhaar,
    contexts: [...beside('aadhaar', 'aadhaarNumber', 'uid'), 'Aadhaar number %', 'आधार संख्या %'],
  },
  in_pan: { make: numbers.pan, contexts: [...anywhere, ...beside('pan', 'pan_number')] },
  es_nif: { make: numbers.nif, contexts: [...anywhere, ...beside('nif', 'dni')] },
  es_nie: { make: numbers.nie, contexts: [...anywhere, ...beside('nie')] },
  au_tfn: {
    make: numbers.tfn,
    contexts: [
      ...beside('tfn', 'tax_file_number', 'taxFileNumber'),
      'TFN %',
      'Tax File Number: %',
      'my TFN is %',
    ],
  },
  au_abn: {
    make: numbers.abn,
    contexts: [...beside('abn', 'australian_business_number'), 'ABN %', 'ABN: % (GST registered)'],
  },
  pl_pesel: { make: numbers.pesel, contexts: [...anywhere, ...beside('pesel')] },
  fi_pic: { make: numbers.hetu, contexts: [...anywhere, ...beside('hetu', 'henkilotunnus')] },
  th_tnin: {
    make: numbers.thai,
    contexts: [
      ...beside('national_id', 'citizenId', 'tnin'),
      'Thai national ID %',
      'เลขประจำตัวประชาชน %',
      'ID card: %',
    ],
  },
  kr_rrn: {
    make: numbers.rrn,
    contexts: [...anywhere, ...beside('rrn', 'residentRegistrationNumber'), '주민등록번호 %'],
  },
  sg_fin: { make: numbers.nric, contexts: [...anywhere, ...beside('nric', 'fin')] },
  secret: {
    make: contacts.secret,
    contexts: [...anywhere, 'Authorization: Bearer %', '-H "X-Api-Key: %"', 'export TOKEN=%'],
  },
}

/** Values of a kind in their contexts, each as it has to be found and, where there is such a thing, nearly so. */
export function plantedOf(
  kind: SensitiveKind,
  { count, seed }: { readonly count: number; readonly seed: number },
): Planted[] {
  const { make, contexts } = plans[kind]
  // What has no check but its form may be anything beside a word for it.
  const missContexts = contexts.includes('%') ? anywhere : contexts
  const chance = createChance(seed + hashOf(kind))
  return Array.from({ length: count }, (_, turn) => {
    const { right, wrong } = make(chance)
    const context = contexts[turn % contexts.length] ?? '%'
    const missContext = missContexts[turn % missContexts.length] ?? '%'
    const planted = { kind, ...plant(context, right), isRight: true }
    return wrong === undefined
      ? [planted]
      : [planted, { kind, ...plant(missContext, wrong), isRight: false }]
  }).flat()
}

function plant(context: string, value: string): { text: string; start: number; end: number } {
  const start = context.indexOf('%')
  return { text: context.replace('%', () => value), start, end: start + value.length }
}

const hashOf = (text: string): number =>
  Array.from(text).reduce(
    (hash, character) => Math.imul(hash, 31) + (character.codePointAt(0) ?? 0),
    7,
  )

/** Secrets that are known by the name beside them alone. */
export function plantedPasswords({
  count,
  seed,
}: {
  readonly count: number
  readonly seed: number
}): Planted[] {
  const chance = createChance(seed)
  const password = () =>
    `${contacts.word(chance)}${chance.one(['!', '#', '-', ''])}${chance.digits(3)}`
  const key = () => `${chance.text(30, alphabets.alnum)}a7`
  const contexts: readonly (readonly [string, (chance: Chance) => string])[] = [
    ['{"user":"a1","password":"%"}', password],
    ['password=%', password],
    ['DB_PASSWORD=%\nDB_PORT=5432', password],
    ['curl -d "grant_type=password&password=%&scope=x"', password],
    ['postgres://app:%@db.example.com:5432/main', password],
    ["'client_secret': '%'", key],
    ['"apiKey": "%"', key],
    ['x-api-key: %', key],
    ['access_token=%&expires_in=3600', key],
    ['Authorization: Bearer %', key],
    ['secret: "%"', key],
    ['Passwort: %', password],
  ]
  return Array.from({ length: count }, (_, turn) => {
    const [context, make] = contexts[turn % contexts.length] ?? ['%', key]
    return { kind: 'secret', ...plant(context, make(chance)), isRight: true }
  })
}
