/** A media type with its parameters (RFC 9110 §8.3.1), fit for a header: printable and without line breaks. */
const mediaType =
  /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}\/[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}(?:[ \t]*;[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]{1,50}=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}|"[ !#-[\]-~]{0,100}")){0,8}$/

export const isMediaType = (text: string): boolean => text.length <= 256 && mediaType.test(text)

const essenceOf = (type: string): string => (type.split(';', 1)[0] ?? '').trim().toLowerCase()

/** Whether a type is of one of those that stand there with commas between them, in which `*` is any: `image/png, text/*`. */
export function fitsMediaTypes(type: string, ranges: string): boolean {
  const [top = '', sub = ''] = essenceOf(type).split('/')
  return ranges.split(',').some((range) => {
    const [rangeTop = '', rangeSub = ''] = essenceOf(range).split('/')
    return (rangeTop === '*' || rangeTop === top) && (rangeSub === '*' || rangeSub === sub)
  })
}

/** The one type that is named, with its parameters; undefined where several are or any is. */
export const oneMediaType = (ranges: string): string | undefined =>
  /[*,]/.test(ranges) || !isMediaType(ranges.trim()) ? undefined : ranges.trim()

export const isJsonType = (type: string): boolean =>
  /^application\/(?:json|[a-z0-9!#$&^_.+-]+\+json)$/.test(essenceOf(type))
