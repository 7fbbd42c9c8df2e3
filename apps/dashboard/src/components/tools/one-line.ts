/** A description for where there is one line: the ends of its lines become spaces, everything else stays. */
export const oneLine = (text: string): string => text.replace(/\s*[\r\n]\s*/g, ' ').trim()
