import type { Sql } from 'postgres'
import type { Db } from '../db/connection.ts'
import { listenForHints, sendHint, type Hints } from '../db/hints.ts'

const channel = 'evalport_principals'

/** Tells that principals have changed: their role, their end, anything; they are named by their ids. */
export type PrincipalNews = Hints

/** Tells it when the transaction commits. */
export async function tellOfPrincipal(tx: Db, principalId: string): Promise<void> {
  await sendHint(tx, channel, principalId)
}

/** @param listener a client whose one connection may be held for listening */
export async function startPrincipalNews(listener: Sql): Promise<PrincipalNews> {
  return listenForHints(listener, channel)
}
