const loneSurrogate = /\p{Cs}/u

/** Whether a text can be kept and hashed everywhere: without NUL (PostgreSQL) and halves of surrogate pairs (UTF-8). */
export const isStorableText = (text: string): boolean =>
  !text.includes('\0') && !loneSurrogate.test(text)
