/** Thrown where a tool cannot be said in OpenAPI; the message names the part, as the end of a sentence. */
export class NotSayable extends Error {
  override name = 'NotSayable'
}
