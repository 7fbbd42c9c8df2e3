import type { HttpMethod, HttpToolDefinition } from '@sallyport/contracts'

/** Hints, by what RFC 9110 §9.2 says of methods. */
export const methodAnnotations = (method: HttpMethod): HttpToolDefinition['annotations'] =>
  method === 'GET' || method === 'HEAD'
    ? { readOnlyHint: true, openWorldHint: true }
    : {
        readOnlyHint: false,
        destructiveHint: true,
        idempotentHint: method === 'PUT' || method === 'DELETE',
        openWorldHint: true,
      }
