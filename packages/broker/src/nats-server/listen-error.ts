/** Why a server cannot start, in nats-server's words: suites turn these lines into their own errors. */
import type { ResolvedOptions } from '../options.ts';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'bind: address already in use',
  EADDRNOTAVAIL: 'bind: cannot assign requested address',
  EACCES: 'bind: permission denied',
};

export const MAX_PORT = 65_535;

/** A failed system call in Go's words. */
export function systemReason(error: unknown): string {
  const { code, message } = errorFields(error);
  return REASONS[code] ?? (code === 'ENOTFOUND' ? 'no such host' : message);
}

/** Codes of a folder that cannot be made because a file is in its place. */
const NO_FOLDER: readonly string[] = ['ENOTDIR', 'EEXIST'];

/** The text of the `[FTL]` line. `error` is what `Broker.start` threw. */
export function listenErrorText(error: unknown, options: ResolvedOptions): string {
  const { code, port, message } = errorFields(error);
  const { jetstream } = options;
  if (jetstream !== undefined && error instanceof Error && 'syscall' in error && error.syscall === 'mkdir') {
    const problem = NO_FOLDER.includes(code)
      ? 'storage directory is not a directory'
      : `could not create storage directory - ${message}`;
    return `Can't start JetStream: ${problem}`;
  }
  const wrongPort = wrongPortText(options);
  if (wrongPort !== undefined) return wrongPort;
  const reason = REASONS[code] ?? (code === 'ENOTFOUND' ? 'no such host' : message);
  const { monitor, websocket } = options;
  const isAt = (candidate: { readonly port: number } | undefined) => candidate !== undefined && candidate.port === port;
  if (isAt(monitor) && port !== options.port) {
    return `Can't start monitoring: can't listen to the monitor port: listen tcp ${monitor?.host}:${port}: ${reason}`;
  }
  if (isAt(websocket) && port !== options.port) {
    return `Unable to listen for websocket connections: listen tcp ${websocket?.host}:${port}: ${reason}`;
  }
  if (isAt(options.leaf?.listen) && port !== options.port) {
    return `Error listening on leafnode port: ${port} - listen tcp ${options.leaf?.listen?.host}:${port}: ${reason}`;
  }
  if (isAt(options.cluster) && port !== options.port) {
    return `Error listening on router port: ${port} - listen tcp ${options.cluster?.host}:${port}: ${reason}`;
  }
  if (message.startsWith("Can't ")) return message;
  const at = `${options.host}:${options.port}`;
  if (code === 'ENOTFOUND') return `Error listening on port: ${at}, "listen tcp: lookup ${options.host}: ${reason}"`;
  if (code === '' || REASONS[code] === undefined) return `Could not start: ${message}`;
  return `Error listening on port: ${at}, "listen tcp ${at}: ${reason}"`;
}

const isNoPort = (port: number): boolean => port < 0 || port > MAX_PORT;

/** A port that is no port: the first listener that has one says so. */
function wrongPortText({ port, host, monitor }: ResolvedOptions): string | undefined {
  if (monitor !== undefined && isNoPort(monitor.port)) {
    const reason = `listen tcp: address ${monitor.port}: invalid port`;
    return `Can't start monitoring: can't listen to the monitor port: ${reason}`;
  }
  return isNoPort(port) ? `Error listening on port: ${host}:${port}, "listen tcp: address ${port}: invalid port"` : undefined;
}

function errorFields(error: unknown): { code: string; port: number | undefined; message: string } {
  if (!(error instanceof Error)) return { code: '', port: undefined, message: String(error) };
  const code = 'code' in error ? String(error.code) : '';
  const port = 'port' in error && typeof error.port === 'number' ? error.port : undefined;
  return { code, port, message: error.message };
}
