#!/usr/bin/env node
/**
 * The `sluice` command: reads the command line, prepares the data folder, runs the supervisor and prints what an operator needs
 * to know: the two addresses and, at the first start, the link that creates the administrator.
 */
import { systemClock } from '../env/clock.ts';
import { prepareDataFolder } from '../supervisor/data-folder.ts';
import { lockFolder } from '../supervisor/folder-lock.ts';
import type { FromBroker, FromConsole, ToBroker, ToConsole } from '../supervisor/messages.ts';
import { spawnNodeChild } from '../supervisor/node-child.ts';
import { type Started, Supervisor } from '../supervisor/supervisor.ts';
import { SLUICE_VERSION } from '../version.ts';
import { helpText, readCommandLine, type SluiceOptions } from './options.ts';
import { resetAdmin } from './reset-admin.ts';

const SHELL_POLL_MS = 500;

function main(): void {
  const line = readCommandLine(process.argv.slice(2), process.env);
  switch (line.kind) {
    case 'help':
      process.stdout.write(helpText);
      return;
    case 'version':
      process.stdout.write(`sluice: v${SLUICE_VERSION}\n`);
      return;
    case 'refused':
      fail(`${line.message}\nsluice --help lists the options`);
      return;
    case 'reset-admin':
      resetAdmin(line).then(
        (text) => process.stdout.write(`${text}\n`),
        (error: unknown) => fail(error instanceof Error ? error.message : String(error)),
      );
      return;
    case 'run':
      run(line.options);
      return;
  }
}

function run(options: SluiceOptions): void {
  const data = openDataFolder(options.dataPath);
  if (data === undefined) return;
  const sources = import.meta.url.endsWith('.ts');
  const entry = (name: string): URL => new URL(sources ? `../${name}.ts` : `./${name}.mjs`, import.meta.url);
  const supervisor = new Supervisor({
    options,
    data,
    clock: systemClock,
    spawnBroker: (events) => spawnNodeChild<ToBroker, FromBroker>({ entry: entry('broker-process') }, events),
    spawnConsole: (events) => spawnNodeChild<ToConsole, FromConsole>({ entry: entry('console-process') }, events),
    onReady: (started) => process.stdout.write(welcome(started, data.root)),
    onCannotStart: (message) => fail(message),
    onNotice: (text) => process.stderr.write(`sluice: ${text}\n`),
  });
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    supervisor.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(`stopping failed: ${String(error)}`),
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', stop);
  if (process.env['npm_lifecycle_event'] === 'start') stopWithShell(stop);
  supervisor.start();
}

/** `npm start` hands a signal to the shell that it runs this in, which ends and tells nobody: the end of the shell is the word to stop. */
function stopWithShell(stop: () => void): void {
  const shell = process.ppid;
  setInterval(() => {
    if (process.ppid !== shell) stop();
  }, SHELL_POLL_MS).unref();
}

function openDataFolder(path: string): ReturnType<typeof prepareDataFolder> | undefined {
  try {
    const folder = prepareDataFolder(path);
    process.on('exit', lockFolder(folder.root));
    return folder;
  } catch (error) {
    fail(`the data folder ${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function welcome(started: Started, dataRoot: string): string {
  const lines = [
    `Sluice ${SLUICE_VERSION}`,
    `  NATS     ${started.natsUrl}`,
    `  Console  ${started.consoleUrl}`,
    `  Data     ${dataRoot}`,
    `  ${reach(started)}`,
  ];
  if (started.setupUrl !== undefined) {
    lines.push('', 'First start: create the administrator here (the link works once):', `  ${started.setupUrl}`);
  }
  return `${lines.join('\n')}\n\n`;
}

/** Who can reach the two. */
function reach({ isNatsLocal, isConsoleLocal }: Started): string {
  if (isNatsLocal && isConsoleLocal) return 'Both listen on this machine only; --host 0.0.0.0 opens them to the network.';
  if (isConsoleLocal) return 'NATS is open to the network; the console listens on this machine only.';
  return isNatsLocal ? 'The console is open to the network; NATS listens on this machine only.' : 'Both are open to the network.';
}

function fail(message: string): void {
  process.stderr.write(`sluice: ${message}\n`);
  process.exit(1);
}

main();
