import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError, loadConfig, urlHost } from '../src/config.ts'

const problemsOf = (env: Record<string, string>): string => {
  try {
    loadConfig(env)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  throw new Error('The configuration was taken.')
}

describe('the configuration', () => {
  it('has a default for every setting', () => {
    expect(loadConfig({})).toEqual({
      dataDir: expect.stringMatching(/\/evalport$/) as string,
      databaseUrl: undefined,
      host: '127.0.0.1',
      port: 4600,
      publicUrl: undefined,
      serverUrl: 'http://127.0.0.1:4600',
      serverUrlIsSet: false,
      apiKey: undefined,
      signingKey: undefined,
      linkMinutes: 15,
      workerConcurrency: 2,
      idleSeconds: 60,
      exportsPerCaller: 3,
      exportsPerProject: 12,
      fileDays: { public: 7, internal: 7, content: 7, personal: 7 },
      exportHours: 72,
      keepReplacedDays: 30,
      logLevel: 'info',
      ci: false,
    })
    if (!process.env['XDG_DATA_HOME'])
      expect(loadConfig({}).dataDir).toBe(join(homedir(), '.local/share/evalport'))
  })

  it('takes an empty variable for one that is not set', () => {
    const names = [
      'DATABASE_URL',
      'EVALPORT_PORT',
      'EVALPORT_API_KEY',
      'EVALPORT_URL',
      'EVALPORT_NO_SUCH',
      'CI',
    ]
    expect(loadConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(loadConfig({}))
  })

  it('names every problem at once, settings that there are not among them, and no value', () => {
    const message = problemsOf({
      DATABASE_URL: 'mysql://user:hunter2@host/db',
      EVALPORT_PORT: '65536',
      EVALPORT_LINK_MINUTES: 'hunter2',
      EVALPORT_WORKER_CONCURRENCY: '0',
      EVALPORT_SIGNING_KEY: 'hunter2',
      EVALPORT_API_KEY: 'hunter2 ключ',
      EVALPORT_URL: 'https://user:hunter2@host',
      EVALPORT_PUBLIC_URL: 'hunter2',
      EVALPORT_LOG_LEVEL: 'hunter2',
      EVALPORT_PROT: 'hunter2',
      PATH: '/bin',
    })
    expect(message).not.toContain('hunter2')
    expect(message.split('\n').map((line) => line.replace(/: .*/, ''))).toEqual([
      'The configuration has 10 problems:',
      '  DATABASE_URL',
      '  EVALPORT_PORT',
      '  EVALPORT_PUBLIC_URL',
      '  EVALPORT_URL',
      '  EVALPORT_API_KEY',
      '  EVALPORT_SIGNING_KEY',
      '  EVALPORT_LINK_MINUTES',
      '  EVALPORT_WORKER_CONCURRENCY',
      '  EVALPORT_LOG_LEVEL',
      '  EVALPORT_PROT',
    ])
    expect(message).toContain('EVALPORT_PORT: must be a whole number from 0 to 65535')
    expect(message).toContain('EVALPORT_PROT: no such setting')
  })

  it('counts one problem as one', () => {
    expect(problemsOf({ EVALPORT_PROT: '1' })).toBe(
      'The configuration has 1 problem:\n  EVALPORT_PROT: no such setting',
    )
    expect(problemsOf({ EVALPORT_PORT: '-1' })).toBe(
      'The configuration has 1 problem:\n  EVALPORT_PORT: must be a whole number from 0 to 65535',
    )
  })

  it('reads values as they are meant', () => {
    const config = loadConfig({
      DATABASE_URL: 'postgresql://u:p@host:5432/db',
      EVALPORT_DATA_DIR: 'relative',
      EVALPORT_HOST: '::',
      EVALPORT_PORT: '0',
      EVALPORT_URL: 'https://evalport.example.org//',
      EVALPORT_API_KEY: ' evp_x_y\n',
      CI: 'true',
    })
    expect(config).toMatchObject({
      databaseUrl: 'postgresql://u:p@host:5432/db',
      dataDir: join(process.cwd(), 'relative'),
      port: 0,
      serverUrl: 'https://evalport.example.org',
      serverUrlIsSet: true,
      apiKey: 'evp_x_y',
      ci: true,
    })
    expect(loadConfig({ CI: 'false' }).ci).toBe(false)
  })

  it('finds a server that is bound to every address on this machine', () => {
    expect(['0.0.0.0', '::', '::1', 'localhost'].map(urlHost)).toEqual([
      '127.0.0.1',
      '[::1]',
      '[::1]',
      'localhost',
    ])
  })
})
