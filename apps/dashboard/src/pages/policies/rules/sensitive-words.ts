import { type SensitiveName, sensitiveGroups } from '@sallyport/contracts'

/** Kinds of sensitive data and their groups, in plain words. */
export const sensitiveWords: Readonly<Record<SensitiveName, string>> = {
  all: 'Everything',
  contact: 'Contact details',
  financial: 'Money',
  identity: 'Identity numbers',
  credentials: 'Keys and passwords',
  email: 'E-mail address',
  phone: 'Phone number',
  ip_address: 'IP address',
  mac_address: 'MAC address',
  url: 'Web address',
  credit_card: 'Card number',
  iban: 'IBAN',
  crypto_wallet: 'Crypto wallet',
  us_bank_routing: 'US bank routing number',
  date_of_birth: 'Date of birth',
  us_ssn: 'US social security number',
  us_itin: 'US taxpayer number (ITIN)',
  us_passport: 'US passport',
  us_driver_license: 'US driver’s licence',
  us_npi: 'US health provider (NPI)',
  uk_nhs: 'UK NHS number',
  uk_nino: 'UK national insurance number',
  it_fiscal_code: 'Italian fiscal code',
  it_vat: 'Italian VAT number',
  in_aadhaar: 'Indian Aadhaar',
  in_pan: 'Indian PAN',
  es_nif: 'Spanish NIF',
  es_nie: 'Spanish NIE',
  au_tfn: 'Australian TFN',
  au_abn: 'Australian ABN',
  pl_pesel: 'Polish PESEL',
  fi_pic: 'Finnish identity code',
  th_tnin: 'Thai identity number',
  kr_rrn: 'Korean RRN',
  sg_fin: 'Singapore FIN',
  secret: 'Key, token or password',
}

export type Group = keyof typeof sensitiveGroups

/** The groups with their kinds, in the order of the contract. */
export const groups = Object.entries(sensitiveGroups) as readonly (readonly [
  Group,
  readonly SensitiveName[],
])[]

/** Whether a kind or group is chosen, by its own name or by one that it is part of. */
export function isChosen(names: readonly SensitiveName[], name: SensitiveName): boolean {
  if (names.includes(name) || names.includes('all')) return true
  return groups.some(([group, kinds]) => names.includes(group) && kinds.includes(name))
}

/** The names after a group was ticked or unticked: a group stands for its kinds, and takes their place. */
export function toggleGroup(
  names: readonly SensitiveName[],
  group: Group,
): readonly SensitiveName[] {
  const kinds: readonly SensitiveName[] = sensitiveGroups[group]
  const spreadOut = spread(names)
  const others = spreadOut.filter((name) => name !== group && !kinds.includes(name))
  return isChosen(names, group) ? others : [...others, group]
}

/** The names after one kind was ticked or unticked; a group that loses one is written as the rest of its kinds. */
export function toggleKind(
  names: readonly SensitiveName[],
  kind: SensitiveName,
): readonly SensitiveName[] {
  if (!isChosen(names, kind)) return [...names, kind]
  return spread(names).flatMap((name): readonly SensitiveName[] => {
    if (name === kind) return []
    const kinds = groups.find(([group]) => group === name)?.[1]
    return kinds?.includes(kind) === true ? kinds.filter((one) => one !== kind) : [name]
  })
}

/** `all` as the groups that it stands for. */
const spread = (names: readonly SensitiveName[]): readonly SensitiveName[] =>
  names.includes('all') ? groups.map(([group]) => group) : names
