import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { connectApi, type ApiClient } from './commands/api-client.ts'
import type { CommandContext } from './commands/command-context.ts'
import { downloadCommand } from './commands/download.ts'
import { exportCommand } from './commands/export.ts'
import { ingestCommand } from './commands/ingest.ts'
import { keyCommand } from './commands/key.ts'
import { migrateCommand } from './commands/migrate.ts'
import { serveCommand } from './commands/serve.ts'
import { statusCommand } from './commands/status.ts'
import { workerCommand } from './commands/worker.ts'
import { ConfigError, loadConfig } from './config.ts'
import { AppError, errorCodes } from './core/errors.ts'
import { createHost } from './host.ts'

const interruptedExit = 130

/** Runs one command line. Resolves with the exit code; what went wrong has been said then. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  const interrupted = new AbortController()
  const interrupt = (signal: NodeJS.Signals) => {
    // The second time, somebody means it.
    if (interrupted.signal.aborted) process.exit(interruptedExit)
    interrupted.abort(new Error(`interrupted by ${signal}`))
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)

  let exitCode = 0
  try {
    const config = loadConfig()
    let client: ApiClient | undefined
    const context: CommandContext = {
      config,
      terminal: {
        out: (text) => process.stdout.write(text),
        err: (text) => process.stderr.write(text),
        interactive: process.stderr.isTTY === true,
      },
      interrupted: interrupted.signal,
      client: () => (client ??= connectApi(config)),
      exitWith: (code) => (exitCode = code),
    }
    await buildProgram(context).parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    return tell(error, argv.includes('--json'), interrupted.signal)
  }
}

function buildProgram(context: CommandContext): Command {
  const host = createHost(context.config)
  const program = new Command('evalport')
    .description('Exports LLM-agent evaluation data as complete, provable files.')
    .version(packageVersion())
    .showHelpAfterError('(see evalport --help)')
  const commands = [
    serveCommand(context, host),
    workerCommand(context, host),
    migrateCommand(context, host),
    ingestCommand(context),
    exportCommand(context),
    statusCommand(context),
    downloadCommand(context),
    keyCommand(context),
  ]
  for (const command of commands) program.addCommand(command)
  const throwInsteadOfExit = (command: Command) => {
    command.exitOverride()
    command.commands.forEach(throwInsteadOfExit)
  }
  throwInsteadOfExit(program)
  return program
}

function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** Says what went wrong, on the error stream. Returns the exit code. */
function tell(error: unknown, json: boolean, interrupted: AbortSignal): number {
  // Commander has said it already, except for what is not wrong at all.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : errorCodes.INVALID_INPUT.exit
  if (interrupted.aborted && !(error instanceof AppError)) return interruptedExit
  if (error instanceof AppError) {
    const { code, message, hint, problems } = error
    const { exit } = errorCodes[code]
    if (json) {
      process.stderr.write(`${JSON.stringify({ error: { code, message, hint, problems } })}\n`)
    } else {
      const lines = [...message.split('\n').map((line) => `✗ ${line}`), ...(hint ? [`  ${hint}`] : [])]
      process.stderr.write(`${lines.join('\n')}\n  (${code}, exit ${exit})\n`)
    }
    return exit
  }
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(
    json ? `${JSON.stringify({ error: { code: 'INTERNAL', message } })}\n` : `✗ ${message}\n`,
  )
  return error instanceof ConfigError ? errorCodes.INVALID_INPUT.exit : errorCodes.INTERNAL.exit
}
