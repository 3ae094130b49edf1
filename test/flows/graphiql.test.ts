import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport } from '../support/exports.ts'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
)

// Needs a browser on the machine: npm has none that installs without a download of its own.
describe.skipIf(executablePath === undefined)('GraphiQL in a real browser', () => {
  const test = useTestApp()
  let browser: Browser
  beforeAll(async () => {
    const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
    const args = ['--no-sandbox', ...quiet, '--disable-component-update', '--disable-sync']
    browser = await chromium.launch({ executablePath: executablePath!, args })
  })
  afterAll(() => browser?.close())

  /** @param asked gets the address of every request that the page makes over the network */
  async function open(document: string, asked: string[] = []): Promise<Page> {
    const page = await browser.newPage()
    page.on('request', (request) => {
      if (!/^(blob|data):/.test(request.url())) asked.push(request.url())
    })
    await page.goto(`${test.url()}/graphql?query=${encodeURIComponent(document)}`)
    await page.getByText('Headers', { exact: true }).first().click()
    await page.locator('.graphiql-editor-tool .monaco-editor').last().click()
    await page.keyboard.press('Control+A')
    await page.keyboard.press('Delete')
    await page.keyboard.insertText(`{"Authorization": "Bearer ${test.key()}"}`)
    return page
  }

  it('runs a query with a key, and loads nothing from anywhere else', async () => {
    const asked: string[] = []
    const page = await open('{ exportFormats { id } }', asked)
    await page.locator('.graphiql-execute-button').click()
    await page.getByText('"NDJSON"').first().waitFor({ timeout: 15_000 })
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.filter((url) => !url.startsWith(test.url()))).toEqual([])
    await page.close()
  })

  it('follows an export to its end', async () => {
    const { id } = await startExport(test, { source: { evaluationResults: {} }, format: 'CSV' })
    await awaitJob(test, id)
    const page = await open(`subscription { exportJobUpdated(id: "${id}") { status } }`)
    await page.locator('.graphiql-execute-button').click()
    await page.getByText('"SUCCEEDED"').first().waitFor({ timeout: 15_000 })
    await page.close()
  })
})
