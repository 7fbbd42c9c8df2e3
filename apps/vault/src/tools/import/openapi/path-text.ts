/**
 * The literal text of a path as a URL has it: what may not stand there is escaped, escapes stay (in capitals). Undefined for a
 * percent sign that begins no escape.
 */
export function escapePathText(text: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined
  return text
    .replaceAll(/%[0-9A-Fa-f]{2}/g, (octet) => octet.toUpperCase())
    .replaceAll(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]+/gu, (run) => encodeURIComponent(run))
}
