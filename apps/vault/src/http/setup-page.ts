import type { App } from './app.ts'
import type { Responder } from './respond.ts'

// The page behind the owner's link of the first start: it makes the first owner. Everything else is done by commands.

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Set up Sallyport</title>
<link rel="icon" href="/setup.svg" type="image/svg+xml">
<link rel="stylesheet" href="/setup.css">
<script type="module" src="/setup.js"></script>
</head>
<body>
<main>
<img src="/setup.svg" alt="" width="40" height="40">
<h1 id="title" tabindex="-1">Set up Sallyport</h1>
<p id="lead">You are the first owner of this vault. Choose how you will sign in.</p>
<noscript><p class="fault">This page needs JavaScript. Without it, run <code>npx sallyport login</code> in a terminal.</p></noscript>
<form id="form">
<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="username" required maxlength="254" autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required minlength="12" maxlength="256" aria-describedby="hint">
<p id="hint">At least 12 characters. A few words that you can remember are good.</p>
<label class="choice"><input id="reveal" type="checkbox"> Show the password</label>
<p id="fault" class="fault" role="alert"></p>
<button type="submit">Create the owner</button>
</form>
<section id="done" hidden>
<p>Now keep a key in the vault and let an agent use it. In a terminal, in the folder where you started the vault, run this; it asks for what it needs, your sign-in first:</p>
<pre><code id="connect"></code></pre>
<p>Keep another key whenever you like:</p>
<pre><code id="add"></code></pre>
</section>
</main>
</body>
</html>
`

/** A door with a keyhole. */
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5d4e"/><path d="M9 26V14a7 7 0 0 1 14 0v12z" fill="#fff"/><path d="M16 14.5a2.2 2.2 0 0 1 1.1 4.1l.7 3.9h-3.6l.7-3.9a2.2 2.2 0 0 1 1.1-4.1z" fill="#0b5d4e"/></svg>`

const css = `:root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e8eaed); --paper: light-dark(#fff, #14171a);
  --quiet: light-dark(#57606a, #a5adb6); --line: light-dark(#818b95, #7c868f); --act: light-dark(#0b5d4e, #4fd1b5);
  --on-act: light-dark(#fff, #06231d); --bad: light-dark(#a1160f, #ff9b94); --well: light-dark(#f4f6f7, #1e2327); }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: clamp(1.5rem, 10vh, 7rem) auto 3rem; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .75rem 0 .5rem; overflow-wrap: anywhere; }
h1:focus { outline: none; }
[hidden] { display: none; }
#lead, #hint { color: var(--quiet); }
#hint { margin: .35rem 0 0; font-size: .9rem; }
label { display: block; margin: 1rem 0 .3rem; font-weight: 600; }
input { box-sizing: border-box; width: 100%; min-height: 2.75rem; padding: .6rem .7rem; font: inherit; color: inherit;
  background: transparent; border: 1px solid var(--line); border-radius: .4rem; }
.choice { display: flex; align-items: center; gap: .5rem; min-height: 1.75rem; font-weight: 400; cursor: pointer; }
.choice input { width: 1.2rem; min-height: 0; height: 1.2rem; margin: 0; accent-color: var(--act); }
button { margin-top: .75rem; width: 100%; min-height: 2.75rem; padding: .7rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--on-act); background: var(--act); border: 0; border-radius: .4rem; }
button[disabled] { opacity: .6; cursor: progress; }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px; }
.fault { color: var(--bad); font-weight: 600; }
.fault:empty { margin: 0; }
code { font: .9rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { padding: .8rem; border-radius: .4rem; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--well); }
`

const script = `const find = (id) => document.getElementById(id)
const form = find('form')
const button = form.querySelector('button')
const password = find('password')
const setupToken = new URLSearchParams(location.hash.slice(1)).get('token') ?? ''
// The token leaves the address bar and the history, where others could read it.
history.replaceState(null, '', '/setup')

const show = (text) => { find('fault').textContent = text }
if (setupToken === '') {
  find('lead').textContent = 'This link is not complete. Open the whole link that the vault printed when it started.'
  form.hidden = true
}

find('reveal').addEventListener('change', ({ target }) => { password.type = target.checked ? 'text' : 'password' })

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  show('')
  button.disabled = true
  try {
    const email = find('email').value
    const answer = await fetch('/api/v1/setup', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ setupToken, email, password: password.value }),
    })
    if (answer.ok) finish(email)
    else show(explain(await answer.json()))
  } catch {
    show('The vault does not answer. Is it still running?')
  } finally {
    button.disabled = false
  }
})

const explain = ({ type, error }) =>
  type === 'already-set-up'
    ? 'This vault has its first owner already. Sign in with: npx sallyport login'
    : error

function finish(email) {
  const where = location.origin === 'http://127.0.0.1:4770' ? '' : ' --url ' + location.origin
  find('connect').textContent = 'npx sallyport connect claude' + where
  find('add').textContent = 'npx sallyport connections add' + where
  password.value = ''
  form.hidden = true
  find('title').textContent = 'Your vault is ready'
  find('lead').textContent = email + ' is its first owner.'
  find('done').hidden = false
  document.title = 'Sallyport is ready'
  find('title').focus()
}
`

const assets = [
  ['/setup', 'text/html; charset=utf-8', html],
  ['/setup.css', 'text/css; charset=utf-8', css],
  ['/setup.js', 'text/javascript; charset=utf-8', script],
  ['/setup.svg', 'image/svg+xml', icon],
] as const

/** Serves the page and its files. */
export function serveSetupPage(app: App, respond: Responder, requestId: () => string): void {
  for (const [path, type, body] of assets) {
    app.get(path, () =>
      respond.send({
        status: 200,
        body,
        type,
        requestId: requestId(),
        headers: { 'content-security-policy': policy },
      }),
    )
  }
}
