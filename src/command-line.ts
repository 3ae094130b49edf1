import { Command, CommanderError } from 'commander'
import { connectApi, type ApiClient } from './commands/api-client.ts'
import type { CommandContext } from './commands/command-context.ts'
import { downloadCommand } from './commands/download.ts'
import { exportCommand } from './commands/export.ts'
import { ingestCommand } from './commands/ingest.ts'
import { keyCommand } from './commands/key.ts'
import { migrateCommand } from './commands/migrate.ts'
import { pricesCommand } from './commands/prices.ts'
import { projectCommand } from './commands/project.ts'
import { seedCommand } from './commands/seed.ts'
import { serveCommand } from './commands/serve.ts'
import { cancelCommand, deleteCommand, retryCommand } from './commands/change-job.ts'
import { statusCommand } from './commands/status.ts'
import { verifyCommand } from './commands/verify.ts'
import { whoamiCommand } from './commands/whoami.ts'
import { workerCommand } from './commands/worker.ts'
import { ConfigError, loadConfig } from './config.ts'
import { AppError, errorCodes, tellError, type ErrorCode } from './core/errors.ts'
import { packageVersion } from './package-version.ts'

const interruptedExit = 130

/** Runs one command line. Resolves with the exit code; what went wrong has been said then. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json')
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
      client: () => (client ??= connectApi(config, interrupted.signal)),
      exitWith: (code) => (exitCode = code),
    }
    await buildProgram(context).parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    return await tell(error, json, interrupted.signal)
  }
}

function buildProgram(context: CommandContext): Command {
  const loadHost = async () => (await import('./host.ts')).createHost(context.config)
  const program = new Command('evalport')
    .description('Exports LLM-agent evaluation data as complete, provable files.')
    .version(packageVersion())
  const commands = [
    serveCommand(context, loadHost),
    workerCommand(context, loadHost),
    migrateCommand(context, loadHost),
    seedCommand(context, loadHost),
    ingestCommand(context),
    exportCommand(context),
    statusCommand(context),
    cancelCommand(context),
    retryCommand(context),
    deleteCommand(context),
    downloadCommand(context),
    verifyCommand(context),
    keyCommand(context),
    projectCommand(context),
    whoamiCommand(context),
    pricesCommand(context),
  ]
  for (const command of commands) program.addCommand(command)
  const adapt = (command: Command) => {
    command.exitOverride()
    // What is wrong is said by us: it may quote what was typed.
    command.configureOutput({ outputError: () => {} })
    command.commands.forEach(adapt)
  }
  adapt(program)
  return program
}

/** Says what went wrong, on the error stream. Returns the exit code. */
async function tell(error: unknown, json: boolean, interrupted: AbortSignal): Promise<number> {
  // Loaded only when something is wrong: what is told may quote what was typed, or a file.
  const [{ textRedaction }, { builtInRules }] = await Promise.all([
    import('./privacy/text-redaction.ts'),
    import('./privacy/redaction/rule-set.ts'),
  ])
  const redact = textRedaction(builtInRules).text
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0
    const message = redact(error.message)
    if (json) tellJson('INVALID_INPUT', message.replace(/^error: /, ''))
    // A command without its subcommand has been answered by its help.
    else if (error.code !== 'commander.help') process.stderr.write(`${message}\n(see evalport --help)\n`)
    return errorCodes.INVALID_INPUT.exit
  }
  if (interrupted.aborted && !(error instanceof AppError)) return interruptedExit
  if (error instanceof AppError) {
    const { code, message, hint, problems } = tellError(error, redact)
    const { exit } = errorCodes[code]
    if (json) {
      tellJson(code, message, { hint, problems })
    } else {
      const lines = [...message.split('\n').map((line) => `✗ ${line}`), ...(hint ? [`  ${hint}`] : [])]
      process.stderr.write(`${lines.join('\n')}\n  (${code}, exit ${exit})\n`)
    }
    return exit
  }
  const code = error instanceof ConfigError ? 'INVALID_INPUT' : 'INTERNAL'
  const message = redact(describe(error))
  if (json) tellJson(code, message)
  else process.stderr.write(`✗ ${message}\n`)
  return errorCodes[code].exit
}

function tellJson(code: ErrorCode, message: string, more: object = {}): void {
  process.stderr.write(`${JSON.stringify({ error: { code, message, ...more } })}\n`)
}

function describe(error: unknown): string {
  // A host with several addresses that all refuse: the words are only in its parts.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(describe).join('; ')
  return error instanceof Error ? error.message : String(error)
}
