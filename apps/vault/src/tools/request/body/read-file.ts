import { type ArgumentValue, isObject } from '../argument-value.ts'
import { refuseArgument } from '../refuse-arguments.ts'
import { fitsMediaTypes, isMediaType, oneMediaType } from './media-type.ts'

/** Bytes that an argument gave, and what they are. */
export interface FileValue {
  readonly bytes: Uint8Array
  /** As the argument says, where it does and the tool allows it; else the tool's own, if that is one. */
  readonly contentType: string | undefined
  readonly filename: string | undefined
}

const base64Key = '$base64'
/** Of bytes that nobody says more of. */
export const anyType = 'application/octet-stream'
const known: ReadonlySet<string> = new Set([base64Key, 'contentType', 'filename'])
const filenameCharsMax = 255

/**
 * Reads `{ $base64, contentType?, filename? }`, or a text as its UTF-8.
 * @param ranges the media types that the tool takes here; any where undefined
 * @throws Problem `invalid-arguments`
 */
export function readFile(
  value: ArgumentValue,
  { path, ranges }: { readonly path: readonly string[]; readonly ranges: string | undefined },
): FileValue {
  const own = ranges === undefined ? undefined : oneMediaType(ranges)
  if (typeof value === 'string') {
    refuseUntyped(own, { path, ranges })
    return { bytes: Buffer.from(value, 'utf8'), contentType: own, filename: undefined }
  }
  if (!isObject(value) || Object.keys(value).some((name) => !known.has(name))) {
    return refuseArgument(
      path,
      'must be a text or {"$base64": "…", "contentType": "…", "filename": "…"}',
    )
  }
  const { [base64Key]: text, contentType = own, filename } = value
  const bytes = typeof text === 'string' ? Buffer.from(text, 'base64') : undefined
  if (bytes === undefined || bytes.toString('base64') !== text) {
    return refuseArgument([...path, base64Key], 'must be base64 (RFC 4648 §4, with its padding)')
  }
  const type = checkType(contentType, { path, ranges })
  refuseUntyped(type, { path: [...path, 'contentType'], ranges })
  return {
    bytes,
    contentType: type,
    filename: checkFilename(filename, path),
  }
}

/** Whether a value is meant as bytes. */
export const isBase64Value = (value: ArgumentValue): boolean =>
  isObject(value) && base64Key in value

/** What is said to be of some types would else be sent as none of them. */
function refuseUntyped(
  type: string | undefined,
  { path, ranges }: { readonly path: readonly string[]; readonly ranges: string | undefined },
): void {
  if (type !== undefined || ranges === undefined || fitsMediaTypes(anyType, ranges)) return
  refuseArgument(
    path,
    `must say which of these it is, as {"$base64": "…", "contentType": "…"}: ${ranges}`,
  )
}

function checkType(
  type: ArgumentValue | undefined,
  { path, ranges }: { readonly path: readonly string[]; readonly ranges: string | undefined },
): string | undefined {
  if (type === undefined || type === null) return undefined
  const place = [...path, 'contentType']
  if (typeof type !== 'string' || !isMediaType(type)) {
    return refuseArgument(place, 'must be a media type: image/png')
  }
  if (ranges !== undefined && !fitsMediaTypes(type, ranges)) {
    return refuseArgument(place, `must be ${ranges}`)
  }
  return type
}

function checkFilename(
  name: ArgumentValue | undefined,
  path: readonly string[],
): string | undefined {
  if (name === undefined || name === null) return undefined
  const place = [...path, 'filename']
  if (typeof name !== 'string' || name.length > filenameCharsMax || /\p{Cc}/u.test(name)) {
    return refuseArgument(
      place,
      `must be at most ${filenameCharsMax} characters without control characters`,
    )
  }
  return name
}
