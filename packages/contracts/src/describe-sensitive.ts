import { type CustomKind, expandSensitiveNames, type SensitiveName } from './sensitive.ts'

const words: Readonly<Record<SensitiveName, string>> = {
  all: 'sensitive data of every kind',
  contact: 'contact details',
  financial: 'card and account numbers',
  identity: 'identity numbers and dates of birth',
  credentials: 'keys, tokens and passwords',
  email: 'e-mail addresses',
  phone: 'telephone numbers',
  ip_address: 'IP addresses',
  mac_address: 'MAC addresses',
  url: 'web addresses',
  credit_card: 'card numbers',
  iban: 'IBANs',
  crypto_wallet: 'crypto wallets',
  us_bank_routing: 'US bank routing numbers',
  date_of_birth: 'dates of birth',
  us_ssn: 'US social security numbers',
  us_itin: 'US taxpayer numbers',
  us_passport: 'US passport numbers',
  us_driver_license: 'US driver’s licences',
  us_npi: 'US health provider numbers',
  uk_nhs: 'UK NHS numbers',
  uk_nino: 'UK national insurance numbers',
  it_fiscal_code: 'Italian fiscal codes',
  it_vat: 'Italian VAT numbers',
  in_aadhaar: 'Indian Aadhaar numbers',
  in_pan: 'Indian PANs',
  es_nif: 'Spanish NIFs',
  es_nie: 'Spanish NIEs',
  au_tfn: 'Australian tax file numbers',
  au_abn: 'Australian business numbers',
  pl_pesel: 'Polish PESEL numbers',
  fi_pic: 'Finnish identity codes',
  th_tnin: 'Thai identity numbers',
  kr_rrn: 'Korean resident numbers',
  sg_fin: 'Singapore FINs',
  secret: 'keys, tokens and passwords',
}

/** Kinds of sensitive data in plain words, each thing once. What a group says already is not said again. */
export function describeSensitive(
  names: readonly SensitiveName[],
  custom: readonly CustomKind[] = [],
): string[] {
  const said = names.filter((name) => {
    const others = names.filter((other) => other !== name)
    const wider = others.filter((other) => covers(other, name) && !covers(name, other))
    return wider.length === 0
  })
  return [
    ...new Set([...said.map((name) => words[name]), ...custom.map(({ name }) => `“${name}”`)]),
  ]
}

function covers(wide: SensitiveName, narrow: SensitiveName): boolean {
  const kinds = new Set(expandSensitiveNames([wide]))
  return expandSensitiveNames([narrow]).every((kind) => kinds.has(kind))
}
