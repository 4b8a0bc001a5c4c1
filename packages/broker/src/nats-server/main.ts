/** The `nats-server` command: reads its command line, does what it asks, and ends with nats-server's exit codes. */
import { reportedVersion } from '../version.ts';
import { readCommand } from './command-line.ts';
import { processSources } from './sources.ts';

/** Whether this process is a server: it has then compiled what a start needs, and `bin/nats-server` may keep that. */
export let isServing = false;

/** Writes to a stream and ends when it is out. */
function printAndExit(stdout: string, stderr: string, exitCode: number): void {
  process.exitCode = exitCode;
  if (stderr !== '') process.stderr.write(stderr);
  if (stdout !== '') process.stdout.write(stdout);
}

async function main(): Promise<void> {
  process.title = 'nats-server';
  const args = process.argv.slice(2);
  const command = readCommand(args, processSources, reportedVersion);
  if (command.kind === 'print') return printAndExit(command.stdout, command.stderr, command.exitCode);
  if (command.kind === 'signal') {
    const { sendSignal } = await import('./send-signal.ts');
    const problem = sendSignal(command.parameter);
    return printAndExit('', problem === undefined ? '' : `nats-server: ${problem}\n`, problem === undefined ? 0 : 1);
  }
  const { serve } = await import('./serve.ts');
  isServing = true;
  await serve(command, processSources);
}

void main();
