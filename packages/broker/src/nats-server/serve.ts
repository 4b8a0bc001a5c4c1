/** From settings to a running server: last checks, the log, the process. */
import type { ConfigSources } from '@sluice/protocol/config';
import { validateSettings } from '../config/index.ts';
import { timestamp } from '../env/node/log-line.ts';
import { NatsLog, writeStderr } from '../env/node/nats-log.ts';
import { nodeEnv } from '../env/node/node-env.ts';
import { type Command, loadSettings } from './command-line.ts';
import { toLogOptions } from './log-options.ts';
import { resolverProblem } from './resolver-check.ts';
import { ServerProcess } from './server-process.ts';
import { syslogProblem } from './syslog-check.ts';

/** Starts the server that a command line asks for. Failures before the log is open go to stderr in one line. */
export async function serve(command: Command & { kind: 'serve' }, sources: ConfigSources): Promise<void> {
  const { loaded, flags } = command;
  const env = nodeEnv();
  const nowUs = () => env.clock.nowUs();
  for (const warning of loaded.warnings) writeStderr(`${warning}\n`);
  const problem = validateSettings(loaded.settings) ?? (await resolverProblem(loaded.settings, env));
  if (problem !== undefined) return fail(`nats-server: ${problem}`);
  const opened = NatsLog.open(toLogOptions(loaded.settings.log, nowUs));
  const sinkProblem = opened.ok ? await syslogProblem(loaded.settings.log) : opened.error;
  if (!opened.ok || sinkProblem !== undefined) return fail(`${timestamp(nowUs(), false).slice(0, 19)} ${sinkProblem}`);
  const { log } = opened;
  const crash = (error: unknown) => {
    log.write('FTL', `Unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  await new ServerProcess(loaded, log, () => loadSettings(flags, sources)).run();
}

function fail(line: string): void {
  writeStderr(`${line}\n`);
  process.exitCode = 1;
}
