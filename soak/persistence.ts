import { setTimeout as delay } from 'node:timers/promises'
import { mayPass } from '../src/db/passing-faults.ts'

const patience = 90_000

/** Asks the database again while what went wrong is one of the faults that are made here. @throws any other, at once */
export async function persist<Result>(ask: () => Promise<Result>): Promise<Result> {
  const since = performance.now()
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!mayPass(error) || performance.now() - since > patience) throw error
      await delay(100)
    }
  }
}

/** Asks until the answer is yes. @throws Error when that takes longer than the bound */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  milliseconds: number,
): Promise<void> {
  const since = performance.now()
  while (!(await check())) {
    if (performance.now() - since > milliseconds)
      throw new Error(`Waited ${milliseconds} ms in vain until ${what}.`)
    await delay(25)
  }
}
