/** The `nats-server` command: flags → settings → server. Texts before the log is up go to stderr, as in nats-server. */
import { reportedVersion } from '../version.ts';
import { type FlagValues, parseFlags } from './flags.ts';
import { applyFlags, defaultCommandSettings, type Settings } from './settings.ts';

/** Ends the process with one line on stderr. */
function fail(text: string): never {
  process.stderr.write(`nats-server: ${text}\n`);
  process.exit(1);
}

async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseFlags(argv);
  if (!parsed.ok) return showUsage(parsed.error);
  const { values, words } = parsed;
  if (values.version === true) return print(`nats-server: v${reportedVersion}\n`);
  if (values.help === true) return showUsage(undefined);
  if (values.help_tls === true) return print((await import('./usage.ts')).tlsUsage);
  const [word] = words;
  if (word === 'version') return print(`nats-server: v${reportedVersion}\n`);
  if (word === 'help') return showUsage(undefined);
  if (word !== undefined) fail(`unrecognized command: "${word}"`);
  if (typeof values.signal === 'string') return signal(values.signal);
  if (values.t === true && values.config === undefined) {
    fail('must specify [-c, --config] option to check configuration file syntax');
  }
  const { runServer } = await import('./run-server.ts');
  await runServer(settingsOf(values), { reloadSettings: () => settingsOf(values), configLines: [] });
}

function settingsOf(flags: FlagValues): Settings {
  return applyFlags({ options: {}, command: defaultCommandSettings, notices: [] }, flags);
}

async function signal(argument: string): Promise<void> {
  const { sendSignal } = await import('./signal-command.ts');
  const failure = sendSignal(argument);
  if (failure !== undefined) fail(failure);
}

/** An error in the flags goes to stderr and the usage after it; the exit code stays 0, as nats-server's does. */
async function showUsage(error: string | undefined): Promise<void> {
  if (error !== undefined) process.stderr.write(`${error}\n`);
  print((await import('./usage.ts')).usage);
}

function print(text: string): void {
  process.stdout.write(text);
}

await main(process.argv.slice(2));
