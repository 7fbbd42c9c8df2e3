// Ways in which people and programs write a number or an address that are not the usual one.

const middle = (value: string): number => Math.ceil(value.length / 2)

/** Each gives the value back as it is where the manner changes nothing of it. */
export const manners: Readonly<Record<string, (value: string) => string>> = {
  'in capitals': (value) => value.toUpperCase(),
  'in lower case': (value) => value.toLowerCase(),
  'without spaces and hyphens': (value) => value.replace(/[ -]/g, ''),
  'hyphens for spaces': (value) => value.replaceAll(' ', '-'),
  'spaces for hyphens': (value) => value.replaceAll('-', ' '),
  'spaces and hyphens mixed': (value) => {
    let turn = 0
    return value.replace(/[ -]/g, () => ' -'.charAt(turn++ % 2))
  },
  'spaces around hyphens': (value) => value.replaceAll('-', ' - '),
  'two spaces for one': (value) => value.replaceAll(' ', '  '),
  'tabs for spaces': (value) => value.replaceAll(' ', '\t'),
  'a line end for a space': (value) => value.replace(' ', '\n'),
  'dots between the groups': (value) => value.replace(/[ -]/g, '.'),
  'low lines between the groups': (value) => value.replace(/[ -]/g, '_'),
  'strokes between the groups': (value) => value.replace(/[ -]/g, '/'),
  'Arabic digits': (value) =>
    value.replace(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit))),
  'full-width characters': (value) =>
    value.replace(/[!-~]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0)),
  'a space of no width in the middle': (value) =>
    `${value.slice(0, middle(value))}\u200b${value.slice(middle(value))}`,
  'small raised digits': (value) =>
    value.replace(/\d/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'.charAt(Number(digit))),
  'percent escapes for all signs': (value) =>
    value.replace(/[^A-Za-z0-9]/g, (one) => encodeURIComponent(one)),
  'base 64': (value) => Buffer.from(value).toString('base64'),
  'split in two strings': (value) =>
    `${value.slice(0, middle(value))}","${value.slice(middle(value))}`,
}
