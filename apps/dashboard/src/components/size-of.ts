const kilobyte = 1024

/** A size for people; exact below a kilobyte. */
export function sizeOf(bytes: number): string {
  if (bytes === 1) return '1 byte'
  if (bytes < kilobyte) return `${bytes} bytes`
  if (bytes < kilobyte ** 2) return `${(bytes / kilobyte).toFixed(1)} KB`
  return `${(bytes / kilobyte ** 2).toFixed(1)} MB`
}
