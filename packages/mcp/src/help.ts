/** What `--help` prints. */
export const help = `sallyport-mcp: lets an MCP client act through a Sallyport vault without ever seeing a credential.

It speaks MCP over stdin and stdout; an MCP client starts it. Options:
  --check     sign in, list the connections, print what was found; exits 1 if something is wrong
  --version   print the version
  --help      print this

Variables (each also as AGENTHIFIVE_…):
  SALLYPORT_BASE_URL           the vault's address, such as http://127.0.0.1:4770
  SALLYPORT_AGENT_ID           the agent's id, and its ES256 private key (a JWK), either
  SALLYPORT_PRIVATE_KEY_PATH     the path of a file that holds it, or
  SALLYPORT_PRIVATE_KEY          the key itself, base64 of the JSON
  SALLYPORT_BEARER_TOKEN       instead of agent and key: a token, for testing
  SALLYPORT_CALLER_CREDENTIAL  your own credential, for connections that keep none: the id of the
                                 connection, a space and the credential; several with commas between
  SALLYPORT_TOKEN_AUDIENCE     the vault's public URL, where it is not SALLYPORT_BASE_URL
  SALLYPORT_POLL_TIMEOUT_MS    the longest that a call waits for an owner (300000)
  SALLYPORT_POLL_INTERVAL_MS   how often an approval is looked at, and a client that asked for progress
                                 hears of it (5000, at most 10000)`
