/** Whether an origin is one of a pattern's, in whose host `*` stands for any run inside one label. */
export function originFits(origin: string, pattern: string): boolean {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\/]/g, '\\$&').replaceAll('*', '[^./:]+')
  return new RegExp(`^${escaped}$`).test(origin)
}
