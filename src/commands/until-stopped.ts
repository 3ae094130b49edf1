/** So long may a process take to end; what starts and stops services has little more patience. */
const endWithin = 8000

/**
 * Waits for Ctrl-C or SIGTERM. From then on the process ends within seconds, whatever does not answer it: to end like that
 * loses nothing, and what it could not give back, others take when they have not heard of it for a while.
 * @throws what `lost` rejects with, if that comes first
 */
export async function untilStopped(interrupted: AbortSignal, lost: Promise<never>): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    if (interrupted.aborted) resolve()
    else interrupted.addEventListener('abort', () => resolve(), { once: true })
  })
  try {
    await Promise.race([stopped, lost])
  } finally {
    setTimeout(() => {
      process.stderr.write('evalport: ending without the database, which does not answer; nothing is lost\n')
      process.exit(1)
    }, endWithin).unref()
  }
}
