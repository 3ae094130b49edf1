/** Waits for Ctrl-C or SIGTERM. @throws what `lost` rejects with, if that comes first */
export async function untilStopped(interrupted: AbortSignal, lost: Promise<never>): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    if (interrupted.aborted) resolve()
    else interrupted.addEventListener('abort', () => resolve(), { once: true })
  })
  await Promise.race([stopped, lost])
}
