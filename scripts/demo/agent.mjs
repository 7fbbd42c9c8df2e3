// The demo's agent: an MCP client that starts the server exactly as a client's configuration says, and keeps every
// message that it was ever sent.
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'

export async function startAgent({ command, args, env }) {
  const transport = new StdioClientTransport({ command, args, env, stderr: 'ignore' })
  const client = new Client({ name: 'sallyport-demo', version: '1.0.0' })
  const received = []
  await client.connect(transport)
  const deliver = transport.onmessage
  transport.onmessage = (message, extra) => {
    received.push(JSON.stringify(message))
    deliver?.(message, extra)
  }
  const call = async (name, input, onprogress) => {
    const {
      isError = false,
      content,
      structuredContent,
    } = await client.callTool(
      { name, arguments: input },
      undefined,
      onprogress === undefined ? undefined : { onprogress, resetTimeoutOnProgress: true },
    )
    return { isError, text: content[0].text, answer: structuredContent ?? {} }
  }
  return {
    /** `onProgress` gets each sentence in which the server says what it waits for. */
    execute: (request, onProgress) =>
      call('execute', request, onProgress && (({ message }) => onProgress(message ?? ''))),
    async connectionId(label) {
      const { answer } = await call('list_connections', {})
      return answer.connections.find((connection) => connection.label === label)?.id
    },
    transcript: () => received.join('\n'),
    close: () => client.close(),
  }
}
