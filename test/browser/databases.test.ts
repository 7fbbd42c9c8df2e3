import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeSqliteFile, type SqliteFile } from '../fixtures/sqlite-file.ts'
import { startVault, type TestAgent, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { faultsInOppositeLooks, looksMsMax } from './looks.ts'
import { loaded, type OpenOptions, openPage, turnTo } from './open-page.ts'

const password = 'pw_0123456789abcdefghij'
const liveMs = 15_000
const longName = 'an-account-of-all-the-orders-xx'
const shop = `
  CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, seller TEXT, total REAL);
  INSERT INTO orders (customer, seller, total) VALUES
    ('Ada', 'Release helper', 12.5), ('Ada', 'Other', 3), ('Bob', 'Release helper', 7);
`
const document = (path: string) => `
sources:
  hotels:
    kind: postgres
    host: 127.0.0.1
    port: 5432
    database: hotels
    user: reader
    password: ${password}
  files:
    kind: sqlite
    database: ${path}
tools:
  search-hotels:
    kind: postgres-sql
    source: hotels
    description: Finds hotels.
    parameters:
      - { name: name, type: string, description: Part of the name }
    statement: SELECT * FROM hotels WHERE name ILIKE '%' || $1 || '%'
  all-orders:
    kind: sqlite-sql
    source: files
    description: All orders.
    statement: SELECT * FROM orders
  ask-spanner:
    kind: spanner-sql
    source: nowhere
    description: Elsewhere.
    statement: SELECT 1
`

/** What a control is described by: its hint, and what is wrong with it. */
const describedBy = (control: Element) =>
  (control.getAttribute('aria-describedby') ?? '')
    .split(' ')
    .map((id) => globalThis.document.getElementById(id)?.textContent ?? '')
    .join(' ')

// Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('the pages of databases', () => {
  let vault: TestVault
  let browser: Browser
  let file: SqliteFile
  let agent: TestAgent

  beforeAll(async () => {
    file = makeSqliteFile(shop)
    ;[vault, browser] = await Promise.all([
      startVault({ env: { SALLYPORT_SQLITE_DIRS: file.folder } }),
      startChromium(),
    ])
    agent = await vault.createAgentWithKey('Release helper')
  })
  afterAll(async () => {
    await browser?.close()
    await vault?.stop()
    file?.remove()
  })

  const open = (path: string, options: OpenOptions = {}) =>
    openPage(browser, `${vault.url}${path}`, { signedIn: true, ...options })
  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })
  const sourceOf = async (name: string) => {
    const { sources } = await vault.owner.call('listSources', {})
    const found = sources.find((one) => one.name === name)
    if (found === undefined) throw new Error(`There is no database ${name}.`)
    return (await vault.owner.call('getSource', { sourceId: found.id })).source
  }

  it('take a file from the form over a test to a statement that an owner tries', async () => {
    const { page, context, said } = await open('/databases')
    await page.getByText('No databases yet').waitFor()
    await page.getByRole('main').getByRole('link', { name: 'Add a database' }).first().click()
    await page.getByLabel('Name', { exact: true }).fill('shop')
    await page.getByRole('radio', { name: /SQLite/ }).check()
    await button(page, 'Add the database').click()
    await page.getByText('It must be given.').waitFor()
    await page.getByLabel(/^File/).fill('/etc/passwd')
    await button(page, 'Test it').click()
    await page.getByRole('alert').waitFor({ timeout: liveMs })
    await page.getByLabel(/^File/).fill(file.path)
    await button(page, 'Test it').click()
    await page.getByText(/It works, /).waitFor({ timeout: liveMs })
    // Nothing is kept before somebody says so.
    expect((await vault.owner.call('listSources', {})).sources).toEqual([])
    await button(page, 'Add the database').click()
    await page.getByRole('heading', { level: 1, name: 'shop' }).waitFor({ timeout: liveMs })

    await page.getByRole('link', { name: 'Add a statement' }).click()
    await page.getByLabel('Name', { exact: true }).fill('orders_of')
    await page.getByLabel('What the agent reads about it').fill('The orders of a customer.')
    const statement = page.getByLabel('Statement', { exact: true })
    await statement.fill('SELECT id, total FROM orders WHERE customer = ? AND seller = ?')
    await button(page, 'Add a parameter').click()
    const first = page.getByRole('group', { name: 'Parameter 1' })
    await first.getByLabel('Name').fill('customer')
    await button(page, 'Add a parameter').click()
    const second = page.getByRole('group', { name: 'Parameter 2' })
    await second.getByLabel('Name').fill('seller')
    await second.getByLabel('Filled in with').selectOption({ label: 'The agent’s own name' })
    await button(page, 'Check the statement').click()
    await page.getByText('It can be used as it is.').waitFor({ timeout: liveMs })
    await button(page, 'Add the statement').click()
    await page.getByText('the agent’s name, filled in by the vault').waitFor({ timeout: liveMs })

    await page.getByRole('link', { name: 'orders_of', exact: true }).click()
    // What the vault fills in is no argument.
    expect(await page.getByLabel('seller', { exact: true }).count()).toBe(0)
    await page.getByLabel('customer', { exact: true }).fill('Ada')
    await button(page, 'Show the request').click()
    await page.getByRole('region', { name: 'The call' }).getByText('Ada').waitFor()
    await button(page, 'Send it').click()
    const answer = page.getByRole('region', { name: 'The answer' })
    await answer
      .getByRole('columnheader', { name: 'total' })
      .or(answer.getByText('0 rows'))
      .first()
      .waitFor()
    expect(await page.getByText('sql://').count()).toBe(0)
    expect(said).toEqual([])
    await context.close()
  })

  it('refuse a statement that writes unless it is marked as writing', async () => {
    verifies('S-39')
    const { id } = await sourceOf('shop')
    const { page, context, said } = await open(`/databases/${id}/statement`)
    await page.getByLabel('Name', { exact: true }).fill('forget_orders')
    await page.getByLabel('What the agent reads about it').fill('Forgets all.')
    await page.getByLabel('Statement', { exact: true }).fill('DELETE FROM orders')
    await button(page, 'Add the statement').click()
    await page.getByText(/writ/i).last().waitFor({ timeout: liveMs })
    expect((await sourceOf('shop')).tools.map(({ name }) => name)).toEqual(['orders_of'])
    await page.getByLabel('It writes').check()
    await button(page, 'Add the statement').click()
    await page.getByText('Writes', { exact: true }).waitFor({ timeout: liveMs })
    await button(page, 'Delete forget_orders').click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('Statement deleted').waitFor()
    expect((await sourceOf('shop')).tools.map(({ name }) => name)).toEqual(['orders_of'])
    expect(said).toEqual([])
    await context.close()
  })

  it('hold a parameter to the values that were typed, and say which field holds none', async () => {
    const { id } = await sourceOf('shop')
    const { page, context, said } = await open(`/databases/${id}/statement`)
    await page.getByLabel('Name', { exact: true }).fill('orders_like')
    await page.getByLabel('What the agent reads about it').fill('Orders by number and customer.')
    const statement = page.getByLabel('Statement', { exact: true })
    await statement.fill('SELECT total FROM orders WHERE customer = ? AND id = ?')
    await button(page, 'Add a parameter').click()
    const first = page.getByRole('group', { name: 'Parameter 1' })
    await first.getByLabel('Name').fill('number')
    // A text has no bounds.
    expect(await first.getByLabel('Minimum').count()).toBe(0)
    await first.getByLabel('Type').selectOption({ label: 'Whole number' })
    await first.getByLabel('Allowed values').fill('1\ntwo')
    await first.getByLabel('Minimum').fill('9')
    await first.getByLabel('Maximum').fill('3')
    const fault = (label: string, text: string) =>
      expect.poll(() => first.getByLabel(label).evaluate(describedBy)).toContain(text)
    await button(page, 'Check the statement').click()
    await fault('Minimum', 'It must not be more than maximum.')
    await first.getByLabel('Minimum').fill('1')
    await button(page, 'Check the statement').click()
    await fault('Allowed values', 'It must hold values of the type integer.')
    await first.getByLabel('Allowed values').fill('1\n2')
    await button(page, 'Add a parameter').click()
    const second = page.getByRole('group', { name: 'Parameter 2' })
    await second.getByLabel('Name').fill('customer')
    await second.getByLabel('Allowed values').fill('Ada\nBob')
    await button(page, 'Move parameter 2 up').click()
    expect(await second.getByLabel('Allowed values').inputValue()).toBe('1\n2')
    await button(page, 'Add the statement').click()
    await page.getByText('Statement added').waitFor({ timeout: liveMs })
    const kept = (await sourceOf('shop')).tools.find(({ name }) => name === 'orders_like')
    expect(kept?.parameters).toMatchObject([
      { name: 'customer', type: 'string', enum: ['Ada', 'Bob'] },
      { name: 'number', type: 'integer', enum: [1, 2], minimum: 1, maximum: 3 },
    ])
    await page.getByText('integer, one of 2 values, at least 1, at most 3').waitFor()
    // As it stands, it is typed again; what is emptied is taken away.
    await page.getByRole('link', { name: 'Edit orders_like' }).click()
    expect(await second.getByLabel('Maximum').inputValue()).toBe('3')
    await second.getByLabel('Maximum').fill('')
    await second.getByLabel('Allowed values').fill('')
    await button(page, 'Save').click()
    await page.getByText('Statement changed').waitFor({ timeout: liveMs })
    const after = await sourceOf('shop')
    const [, number] = after.tools.find(({ name }) => name === 'orders_like')?.parameters ?? []
    expect(number).toEqual({
      ...{ name: 'number', type: 'integer', description: '', required: true, minimum: 1 },
    })
    await button(page, 'Delete orders_like').click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('Statement deleted').waitFor()
    expect(said).toEqual([])
    await context.close()
  })

  it('turn free queries on only after saying what that means', async () => {
    const { id } = await sourceOf('shop')
    const { page, context, said } = await open(`/databases/${id}`)
    await page.getByRole('switch', { name: /Free queries/ }).click()
    await page
      .getByRole('alertdialog')
      .getByText(/can read every table/)
      .waitFor()
    expect((await sourceOf('shop')).query).toBe(false)
    await button(page, 'Turn on').click()
    await page.getByText('Database changed').waitFor({ timeout: liveMs })
    expect((await sourceOf('shop')).query).toBe(true)
    await page.getByRole('switch', { name: /Look at the schema/ }).click()
    await expect
      .poll(async () => (await sourceOf('shop')).tools.map(({ run }) => run).sort())
      .toEqual(['describe_table', 'list_tables', 'query', 'statement'])
    expect(said).toEqual([])
    await context.close()
  })

  it('show a statement that an agent asks for with what is bound to it, and a query as its own', async () => {
    verifies('S-28')
    const { toolsetId } = await sourceOf('shop')
    const { agentId } = agent
    await vault.owner.call('setToolsetPermission', {
      ...{ toolsetId, agentId, allowed: true, approval: 'always' },
    })
    const call = (name: string, args: Record<string, unknown>) =>
      agent.client.call('callMyTool', { name: `shop.${name}`, arguments: args })
    await call('orders_of', { customer: 'Ada\u202e' })
    await call('query', { statement: 'SELECT * FROM orders LIMIT 1' })
    const { page, context, said } = await open('/approvals')
    const cardOf = (tool: string) =>
      page.getByRole('article').filter({
        has: page.getByRole('heading', {
          name: `Release helper wants to call ${tool} of the database shop`,
        }),
      })
    const bound = cardOf('orders_of').getByRole('table', { name: 'Parameters' })
    await bound.getByText('Ada‹U+202E›').waitFor()
    await bound.getByText('$2 seller').waitFor()
    await bound.getByText('filled in by the vault').waitFor()
    await cardOf('query').getByText('The agent wrote this query.').waitFor()
    await cardOf('query').getByText('SELECT * FROM orders LIMIT 1').first().waitFor()
    expect(await page.getByText('sql://').count()).toBe(0)
    expect(said).toEqual([])
    await context.close()
  })

  it('show what a document becomes, and import just what was chosen', async () => {
    const { page, context, said } = await open('/databases/new?from=document')
    await page.getByLabel(/Paste YAML/).fill(document(file.path))
    await button(page, 'Show what it becomes').click()
    await page.getByText('There is a secret in it.').waitFor({ timeout: liveMs })
    await page.getByText("SELECT * FROM hotels WHERE name ILIKE '%' || $1 || '%'").waitFor()
    const hotels = page
      .locator('section')
      .filter({ has: page.getByRole('heading', { name: 'hotels', exact: true }) })
    expect(await hotels.getByLabel('TLS').inputValue()).toBe('require')
    await hotels.getByRole('checkbox', { name: 'Import it' }).uncheck()
    await button(page, /Import one database with one statement/).click()
    await page.getByRole('heading', { level: 1, name: 'files' }).waitFor({ timeout: liveMs })
    const { sources } = await vault.owner.call('listSources', {})
    expect(sources.map(({ name }) => name).sort()).toEqual(['files', 'shop'])
    expect(said).toEqual([])
    await context.close()
  })

  it('say where a database’s connection is looked after, and offer nothing there that does not work', async () => {
    const { connectionId } = await sourceOf('files')
    const { page, context, said } = await open(`/connections/${connectionId}`)
    await page.getByText('It belongs to a database.').waitFor()
    await loaded(page)
    for (const name of ['Edit', 'Replace the key', 'Revoke', 'Test the key']) {
      expect([name, await button(page, name).count()]).toEqual([name, 0])
    }
    await page.getByRole('link', { name: 'the database’s page' }).click()
    await page.getByRole('heading', { level: 1, name: 'files' }).waitFor()
    await button(page, 'Delete').last().click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('Database deleted').waitFor({ timeout: liveMs })
    expect(said).toEqual([])
    await context.close()
  })

  it('say why no version of their statements is restored, and bring a revoked one back', async () => {
    const { id, connectionId, toolsetId } = await sourceOf('shop')
    const { page, context, said } = await open(`/toolsets/${toolsetId}?tab=versions`)
    await page.getByText(/None can be restored here/).waitFor()
    await button(page, 'Compare with now').last().click()
    await page.getByText('What has become of its tools until now.').waitFor()
    expect(await button(page, /^Restore/).count()).toBe(0)
    await vault.owner.call('revokeConnectionByOwner', { connectionId })
    await page.getByRole('link', { name: 'the database’s page' }).first().click()
    await page.getByText('Its connection is revoked.').waitFor({ timeout: liveMs })
    await button(page, 'Connect it again').click()
    await page.getByText('Connected again').waitFor({ timeout: liveMs })
    await page.getByText('Its connection is revoked.').waitFor({ state: 'detached' })
    const again = await vault.owner.call('getSource', { sourceId: id })
    expect(again.source).toMatchObject({ connectionStatus: 'healthy', toolsetId })
    expect(said).toEqual([])
    await context.close()
  })

  it(
    'can be read by everyone, in light and dark, at a desk and on a phone',
    async () => {
      const { id, toolsetId, tools } = await sourceOf('shop')
      const { source } = await vault.owner.call('createSource', {
        ...{ name: longName, dialect: 'postgres', database: 'x'.repeat(60) },
        ...{ host: `${'long.'.repeat(20)}example.com`, user: 'reader', password },
      })
      const { page, context } = await open('/databases', { audit: true })
      for (const path of [
        '/databases',
        `/databases/${id}`,
        `/databases/${source.id}`,
        `/databases/${source.id}/edit`,
        '/databases/new',
        '/databases/new?from=document',
        `/databases/${id}/statement?name=orders_of`,
        `/toolsets/${toolsetId}`,
        `/toolsets/tools/${tools.find(({ name }) => name === 'orders_of')?.id}`,
      ]) {
        await turnTo(page, path)
        await page.getByRole('heading', { level: 1 }).waitFor()
        await loaded(page)
        expect([path, await faultsInOppositeLooks(page)]).toEqual([path, []])
      }
      expect(await page.content()).not.toContain(password)
      await context.close()
    },
    looksMsMax,
  )
})
