// A brokered call from refusal over approval to verified audit, on this machine alone: a vault, an API and an agent of its
// own, all gone at the end. Each claim is checked; one that does not hold ends it with exit code 1.
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process, { argv, exit, stderr, stdin, stdout } from 'node:process'
import { startAgent } from './agent.mjs'
import { askOwner } from './ask-owner.mjs'
import { openStage, say } from './stage.mjs'
import { startUpstream } from './upstream.mjs'

const startedAt = performance.now()
const connection = 'Billing API'
const agentName = 'demo agent'
const email = 'owner@example.com'
const password = randomBytes(18).toString('base64url')

const isTerminal = stdin.isTTY === true && stdout.isTTY === true
const options = argv.slice(2)
const unknown = options.find((option) => option !== '--yes')
if (unknown !== undefined) {
  stderr.write(`There is no option ${unknown} here; --yes shows all of it without a browser.\n`)
  exit(1)
}
/** A person approves in the browser; otherwise the demo does, by the command. */
const inBrowser = isTerminal && !options.includes('--yes')

function claim(holds, sentence) {
  if (!holds) throw new Error(`Not so: ${sentence}`)
  say(`   ✓ ${sentence}`)
}

const mask = (text) => text.replace(/(?<=Bearer .{5}).*/, (rest) => '•'.repeat(rest.length))

/** The owner's part: an account, a key in the vault, an agent that may read. Answers how its client starts the server. */
async function setTheScene(command, { key, origin }) {
  say('1. The owner signs in, keeps a key in the vault, and gives an agent an identity of its own')
  await command(['login', '--email', email], { input: `${password}\n` })
  await command(['connections', 'add', '--label', connection, '--origin', origin], {
    input: `${key}\n`,
  })
  const args = ['connect', 'json', '--name', agentName, '--allow', connection]
  const { printed } = await command([...args, '--json'], { quiet: true })
  const { paste, agentId, keyPath } = JSON.parse(printed)
  say(
    `   $ npx sallyport ${args.slice(0, 2).join(' ')} --name '${agentName}' --allow '${connection}'`,
  )
  say(`     ${agentId} may read (GET) at ${origin}; its key is in a file of mode 0600`)
  claim(
    !readFileSync(keyPath, 'utf8').includes(key),
    'the agent has a key for the vault, not the API’s',
  )
  return JSON.parse(paste).mcpServers.sallyport
}

async function actOne(agent, { request, upstream }) {
  say('\n2. The agent tries to write, through the MCP server (stdio)')
  const refused = await agent.execute(request)
  say(`   execute ${request.method} ${request.url}`)
  say(`   the model sees: ${refused.text}`)
  claim(refused.isError, 'the call was refused')
  claim(refused.answer.type === 'policy-denied', 'by the policy, which allows reading only')
  claim(upstream.requests.length === 0, 'nothing reached the API')
}

/** Answers the approval that was asked for and given, or undefined where the owner said no. */
async function actTwo(agent, { command, request, upstream, key }) {
  say('\n3. The owner allows it, and wants to be asked each time')
  const rule = ['--method', 'POST', '--path', '/v1/invoices']
  await command(['policies', 'allow', agentName, connection, ...rule])

  say('\n4. The agent sends the same call again, and waits for the owner')
  const owner = askOwner({ command, inBrowser, email, password, say })
  const wish = { ...request, reason: 'The user asked me to bill the June order.', waitSeconds: 300 }
  const { answer, isError, text } = await agent.execute(wish, owner.hear)
  const approvalId = await owner.answered()
  if (answer.type === 'approval-denied') {
    say(`   the model sees: ${text}`)
    claim(upstream.requests.length === 0, 'you said no, and nothing reached the API')
    return undefined
  }
  if (answer.approvalRequired) {
    throw new Error(
      'Nobody answered in time, and nothing was sent. `npm run demo -- --yes` shows it without a browser.',
    )
  }
  const [received] = upstream.requests
  say(`   the API received: ${received?.method} ${received?.url}`)
  say(`                     authorization: ${mask(received?.authorization ?? '(none)')}`)
  say(`   the agent got:    ${answer.status} ${JSON.stringify(answer.body)}`)
  claim(!isError && answer.status === 201, 'the call went through once it was approved')
  claim(upstream.requests.length === 1 && received.withKey, 'once, and the API saw the real key')
  claim(
    text.includes('[redacted]'),
    'the API repeated the key in its answer, and the vault took it out',
  )
  claim(!agent.transcript().includes(key), 'the key is in nothing that the agent ever received')
  return approvalId
}

async function actThree(agent, { request, upstream, approvalId }) {
  say('\n5. The agent tries to use the approval once more')
  const { answer, isError, text } = await agent.execute({ ...request, approvalId })
  say(`   the model sees: ${text}`)
  claim(isError && answer.type === 'approval-consumed', 'an approval is good for one call')
  claim(upstream.requests.length === 1, 'nothing more reached the API')
}

async function actFour({ command, folder, vault, key, wasApproved }) {
  say('\n6. What happened is in the audit log')
  const { printed } = await command(['audit', 'list', '--limit', '10'])
  claim(/execute\s+deny/.test(printed), 'the refusal is there')
  claim(/execute\s+require_approval/.test(printed), 'so is what was asked of the owner')
  if (wasApproved) {
    claim(/approveRequest\s/.test(printed), 'that it was approved')
    claim(/execute\s+allow\s+sent 201/.test(printed), 'and what was sent')
  }

  say('\n7. Nobody changed it: asked of the vault, then proved without it')
  const online = await command(['audit', 'verify'])
  claim(online.printed.startsWith('Verified: '), 'the vault verifies its own chain')
  const [log, publicKey] = [join(folder, 'log.jsonl'), join(folder, 'vault-key.json')]
  writeFileSync(publicKey, (await command(['audit', 'key'], { quiet: true })).printed)
  await command(['audit', 'export', 'log.jsonl'])
  claim(!readFileSync(log, 'utf8').includes(key), 'the key is not in the log either')
  await vault.stop()
  say('   (the vault is stopped)')
  const verify = ['audit', 'verify', 'log.jsonl', '--public-key', 'vault-key.json']
  const offline = await command(verify)
  claim(offline.printed.startsWith('Verified: '), 'the export verifies without the vault')
  writeFileSync(log, readFileSync(log, 'utf8').replaceAll('/v1/invoices', '/v1/payments'))
  say('   (one word in the export is changed)')
  const changed = await command(verify, { mayFail: true })
  claim(changed.code === 1 && /Record \d+ is not/.test(changed.printed), 'and the change is found')
}

async function play(stage, closers) {
  const key = `bill_live_${randomBytes(18).toString('hex')}`
  const upstream = await startUpstream(key)
  closers.push(() => upstream.close())
  const vault = await stage.startVault()
  const command = stage.command(vault.url)
  say(`A vault at ${vault.url}, an API at ${upstream.origin}, both gone at the end.\n`)
  if (!inBrowser && !options.includes('--yes')) {
    say('(This is no terminal, so nobody is asked: as with --yes, the demo approves by itself.)\n')
  }
  const server = await setTheScene(command, { key, origin: upstream.origin })
  const agent = await startAgent(server)
  closers.push(() => agent.close())
  const url = `${upstream.origin}/v1/invoices`
  const connectionId = await agent.connectionId(connection)
  const request = { connectionId, method: 'POST', url, body: { amount: 4200 } }
  await actOne(agent, { request, upstream })
  const approvalId = await actTwo(agent, { command, request, upstream, key })
  const wasApproved = approvalId !== undefined
  if (wasApproved) await actThree(agent, { request, upstream, approvalId })
  await agent.close()
  await actFour({ command, folder: stage.folder, vault, key, wasApproved })
}

const stage = openStage()
const closers = [() => stage.close()]
let closing
const closeAll = () => {
  closing ??= (async () => {
    for (const close of closers.toReversed()) await close()
  })()
  return closing
}
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  // Heard each time: who presses Ctrl-C again while it is cleaned up would otherwise leave the vault and its folder behind.
  process.on(signal, () => void closeAll().finally(() => exit(code)))
}

try {
  await play(stage, closers)
  await closeAll()
  say(`\nAll of it held, in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`)
} catch (error) {
  const interrupted = closing !== undefined
  await closeAll()
  if (!interrupted) stderr.write(`${error.message}\n`)
  process.exitCode = interrupted ? 130 : 1
}
