import { expect, it } from 'vitest'
import { useTestApp } from '../support/app.ts'

const test = useTestApp({ workerConcurrency: 0 })

it('lets a browser keep the page, which is the same for everybody, and no answer', async () => {
  const get = (accept: string) => fetch(`${test.url()}/graphql`, { headers: { accept } })
  const pages = []
  for (let round = 0; round < 2; round++) {
    const page = await get('text/html')
    expect([page.status, page.headers.get('cache-control'), page.headers.get('vary')]).toEqual([
      200,
      'private, max-age=3600',
      'Accept',
    ])
    pages.push(await page.text())
  }
  expect(pages[0]).toBe(pages[1])
  expect((await get('application/json')).headers.get('cache-control')).toBeNull()
})
