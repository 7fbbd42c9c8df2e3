/** RFC 7523 §2.2. In a file of its own, so that a client that signs in does not load every schema. */
export const clientAssertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
