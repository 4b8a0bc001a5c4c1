/** Connections as CSV (RFC 4180); cells that a spreadsheet would take for a formula are defused. Pure. */
import type { ConnectionRow } from '@sluice/protocol/console';

const columns: readonly (readonly [name: string, value: (row: ConnectionRow) => string | number | null])[] = [
  ['cid', (row) => row.cid],
  ['server', (row) => row.serverName],
  ['name', (row) => row.name],
  ['user', (row) => row.user],
  ['account', (row) => row.account],
  ['address', (row) => `${row.ip}:${row.port}`],
  ['kind', (row) => row.kind],
  ['lang', (row) => row.lang],
  ['version', (row) => row.version],
  ['tls', (row) => row.tlsVersion],
  ['rtt_ms', (row) => row.rttMs],
  ['subscriptions', (row) => row.subscriptions],
  ['in_msgs', (row) => row.inMsgs],
  ['out_msgs', (row) => row.outMsgs],
  ['in_bytes', (row) => row.inBytes],
  ['out_bytes', (row) => row.outBytes],
  ['in_msgs_per_s', (row) => row.inMsgsPerS],
  ['out_msgs_per_s', (row) => row.outMsgsPerS],
  ['pending_bytes', (row) => row.pendingBytes],
  ['started', (row) => new Date(row.startedAtMs).toISOString()],
  ['last_activity', (row) => new Date(row.lastActivityAtMs).toISOString()],
  ['stopped', (row) => (row.stoppedAtMs === null ? null : new Date(row.stoppedAtMs).toISOString())],
  ['reason', (row) => row.reason],
];

/** Head and one line per connection, CRLF between. */
export function connectionsCsv(rows: readonly ConnectionRow[]): string {
  const head = columns.map(([name]) => name).join(',');
  const lines = rows.map((row) => columns.map(([, value]) => csvCell(value(row))).join(','));
  return `${[head, ...lines].join('\r\n')}\r\n`;
}

/** One cell; text that begins like a formula gets an apostrophe. */
export function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
