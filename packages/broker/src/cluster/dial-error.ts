/** What is told of another server that could not be connected to: the reason as Go's dialer words it, and how often. */
import type { ResolvedOptions } from '../options.ts';

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  ECONNRESET: 'connect: connection reset by peer',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'connect: connection timed out',
};

/** `place` is the `host:port` that was tried. */
export function dialErrorText(error: unknown, place: string): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `lookup ${place.replace(/:\d+$/, '')}: no such host`;
  if (error.message === 'i/o timeout') return `dial tcp ${place}: i/o timeout`;
  const reason = REASONS[code];
  return reason === undefined ? error.message : `dial tcp ${place}: ${reason}`;
}

const REPORT_FIRST_EVERY = 3600;
const REPORT_AGAIN_EVERY = 1;

/** True when a failed try is an error line, not one for debugging. `isFirst`: there was no connection yet. `attempt` is from 1. */
export function isReported(options: ResolvedOptions, isFirst: boolean, attempt: number): boolean {
  const { connectErrorReports = REPORT_FIRST_EVERY, reconnectErrorReports = REPORT_AGAIN_EVERY } = options;
  return attempt === 1 || attempt % (isFirst ? connectErrorReports : reconnectErrorReports) === 0;
}
