/**
 * Loaded into a process before its program: its clock is CLOCK_SHIFT milliseconds from the machine's; at SIGUSR2 it jumps to
 * as much on the other side.
 */
let shift = Number(process.env['CLOCK_SHIFT'] ?? 0)
process.on('SIGUSR2', () => {
  shift = -shift
  process.stderr.write(`${JSON.stringify({ time: new Date(), msg: 'the clock has jumped' })}\n`)
})

const Real = globalThis.Date
globalThis.Date = new Proxy(Real, {
  construct: (_, args: unknown[], target) =>
    Reflect.construct(Real, args.length === 0 ? [Real.now() + shift] : args, target) as Date,
  apply: () => new Real(Real.now() + shift).toString(),
  get: (target, name) => (name === 'now' ? () => Real.now() + shift : (Reflect.get(target, name) as unknown)),
})
