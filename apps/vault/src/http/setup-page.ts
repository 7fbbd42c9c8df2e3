import type { App } from './app.ts'
import type { Responder } from './respond.ts'

// The page behind the owner's link of the first start: it makes the first owner. Everything else is done by commands.

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Set up Sallyport</title>
<link rel="stylesheet" href="/setup.css">
<script type="module" src="/setup.js"></script>
</head>
<body>
<main>
<h1>Set up Sallyport</h1>
<p id="lead">You are the first owner of this vault. Choose how you will sign in.</p>
<noscript><p class="fault">This page needs JavaScript. Without it, run <code>npx sallyport login</code> in a terminal.</p></noscript>
<form id="form">
<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="username" required maxlength="254">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required minlength="12" maxlength="256" aria-describedby="hint">
<p id="hint">At least 12 characters. A few words that you can remember are good.</p>
<p id="fault" class="fault" role="alert" hidden></p>
<button type="submit">Make the first owner</button>
</form>
<section id="done" hidden>
<h2>Done</h2>
<p>Now, in a terminal, keep a credential and connect an agent:</p>
<pre tabindex="0"><code>npx sallyport connections add
npx sallyport connect claude</code></pre>
</section>
</main>
</body>
</html>
`

const css = `:root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e8eaed); --paper: light-dark(#fff, #14171a);
  --quiet: light-dark(#57606a, #a5adb6); --line: light-dark(#8c959f, #6b747d); --act: light-dark(#0b5d4e, #4fd1b5);
  --on-act: light-dark(#fff, #06231d); --bad: light-dark(#a1160f, #ff9b94); }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: 10vh auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; }
#lead, #hint { color: var(--quiet); }
#hint { margin: .35rem 0 0; font-size: .9rem; }
label { display: block; margin: 1rem 0 .3rem; font-weight: 600; }
input { box-sizing: border-box; width: 100%; padding: .6rem .7rem; font: inherit; color: inherit;
  background: transparent; border: 1px solid var(--line); border-radius: .4rem; }
button { margin-top: 1.25rem; width: 100%; padding: .7rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--on-act); background: var(--act); border: 0; border-radius: .4rem; }
button[disabled] { opacity: .6; cursor: progress; }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px; }
.fault { color: var(--bad); font-weight: 600; }
pre { padding: .8rem; border: 1px solid var(--line); border-radius: .4rem; overflow-x: auto; }
`

const script = `const form = document.getElementById('form')
const fault = document.getElementById('fault')
const button = form.querySelector('button')
const setupToken = new URLSearchParams(location.hash.slice(1)).get('token') ?? ''
// The token leaves the address bar and the history, where others could read it.
history.replaceState(null, '', '/setup')

const show = (text) => { fault.textContent = text; fault.hidden = false }
if (setupToken === '') show('The link is not complete: open the whole link that the vault printed at its start.')

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  fault.hidden = true
  button.disabled = true
  try {
    const { email, password } = Object.fromEntries(new FormData(form))
    const answer = await fetch('/api/v1/setup', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ setupToken, email, password }),
    })
    if (answer.ok) {
      form.hidden = true
      document.getElementById('lead').textContent = 'You are signed in as ' + email + '.'
      document.getElementById('done').hidden = false
      return
    }
    show((await answer.json()).error)
  } catch {
    show('The vault does not answer. Is it still running?')
  } finally {
    button.disabled = false
  }
})
`

const assets = [
  ['/setup', 'text/html; charset=utf-8', html],
  ['/setup.css', 'text/css; charset=utf-8', css],
  ['/setup.js', 'text/javascript; charset=utf-8', script],
] as const

/** The paths of the page, for whoever lists everything that is served. */
export const setupPaths: readonly string[] = assets.map(([path]) => path)

/** Serves the page and its two files. */
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
