// The owner of the demo, who is asked while the agent waits: a person at a browser, or the command.

/** `hear` takes what the agent's server says while it waits; the first sentence with the approval's link asks the owner. */
export function askOwner({ command, inBrowser, email, password, say }) {
  let answering
  const hear = (message) => {
    const approval = /https?:\S+\/approvals\/(apr_\w+)/.exec(message)
    if (approval === null) return
    const [url, id] = approval
    if (answering !== undefined) return
    say(`   the agent's client shows: ${message}`)
    if (inBrowser) askPerson({ url, email, password, say })
    answering = inBrowser ? Promise.resolve(id) : approveByCommand({ id, command, say })
    // It is awaited when the agent's call has ended; until then a failure must not end the process.
    answering.catch(() => {})
  }
  return { hear, answered: () => answering }
}

function askPerson({ url, email, password, say }) {
  say('')
  say('   Your turn. Open this, sign in, look at what would be sent, and approve or deny:')
  say(`     ${url}`)
  say(`     e-mail    ${email}`)
  say(`     password  ${password}   (of this demo alone)`)
  say('')
  say('   The agent waits for five minutes. Ctrl-C ends the demo.')
}

async function approveByCommand({ id, command, say }) {
  say('   The owner looks at it and approves. In the dashboard it is one click:')
  await command(['approvals', 'show', id])
  await command(['approvals', 'approve', id, '--yes'])
  return id
}
