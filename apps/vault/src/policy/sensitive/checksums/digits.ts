/** The values of ASCII digits; anything else is left out. */
export function digitsOf(text: string): number[] {
  const digits: number[] = []
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - 48
    if (digit >= 0 && digit <= 9) digits.push(digit)
  }
  return digits
}

/** The sum of each digit times the weight in its place. */
export function weighted(digits: readonly number[], weights: readonly number[]): number {
  return weights.reduce((sum, weight, place) => sum + weight * (digits[place] ?? 0), 0)
}

/** ISO/IEC 7812-1, annex B: every second digit from the right doubled, its own digits summed; a multiple of ten. */
export function hasLuhn(digits: readonly number[]): boolean {
  let sum = 0
  for (let fromRight = 0; fromRight < digits.length; fromRight += 1) {
    const digit = digits[digits.length - 1 - fromRight] ?? 0
    const doubled = digit * 2
    sum += fromRight % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

const verhoeffProduct = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
]
const verhoeffTurn = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
]

/** Verhoeff's check in the dihedral group of order ten; the last digit is the check. */
export function hasVerhoeff(digits: readonly number[]): boolean {
  let check = 0
  for (let fromRight = 0; fromRight < digits.length; fromRight += 1) {
    const digit = digits[digits.length - 1 - fromRight] ?? 0
    const turned = Number(verhoeffTurn[fromRight % 8]?.[digit])
    check = Number(verhoeffProduct[check]?.[turned])
  }
  return check === 0
}

/** ISO/IEC 7064, MOD 97-10, as ISO 13616 uses it for an IBAN: upper-case, without spaces. */
export function hasMod97(iban: string): boolean {
  let rest = 0
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    rest = (value > 9 ? rest * 100 + value : rest * 10 + value) % 97
  }
  return rest === 1
}

/** Whether these are a year, a month and a day of the Gregorian calendar. */
export function isDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
}
