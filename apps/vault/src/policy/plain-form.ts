// One text can be written in several ways that its readers take for the same: other code points for a letter, characters that
// nobody sees, white space around it. Comparing what was written alone would let them past a rule.

const ignorable = /\p{Default_Ignorable_Code_Point}/gu
const printable = /^[\x20-\x7e]*$/
const usual = /^(?:[!-~](?:[ -~]*[!-~])?)?$/

/** A text without what some of its readers drop: compatibility forms (NFKC), unseen characters, white space at its ends. */
export function plainForm(text: string): string {
  return unify(text).trim()
}

/** Whether a text is its own plain form, printable and all of ASCII, as most are. */
export const isUsual = (text: string): boolean => usual.test(text)

/** The same, white space left as it is. */
export function unify(text: string): string {
  return printable.test(text) ? text : text.normalize('NFKC').replace(ignorable, '')
}
