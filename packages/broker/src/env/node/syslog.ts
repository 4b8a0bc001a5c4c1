/**
 * The system log: RFC 3164 datagrams to the local socket's `logger` command, or to a server over UDP or TCP. What only these need of
 * Node is loaded when they are asked for: a server without a system log, nearly all, listens 4 ms earlier.
 */
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import type { LogLevel } from '../log.ts';

/** Severity numbers of RFC 5424 section 6.2.1. */
const SEVERITY: Readonly<Record<LogLevel, number>> = { FTL: 2, ERR: 3, WRN: 4, INF: 5, DBG: 7, TRC: 5 };
/** Facility 3, system daemons. */
const FACILITY = 3;
const TAG = 'nats-server';
/** Longest datagram that every syslog server takes, in bytes. RFC 5426 section 3.2. */
const MAX_DATAGRAM_BYTES = 2048;

/** Where a system log listens on this machine. Source: Go's log/syslog. */
const LOCAL_SOCKETS = ['/dev/log', '/var/run/syslog', '/var/run/log'];

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}

export interface SyslogSink {
  write(level: LogLevel, text: string): void;
  close(): void;
}

export type SyslogResult = { readonly ok: true; readonly sink: SyslogSink } | { readonly ok: false; readonly error: string };

/** `address` is `udp://host:514`, `tcp://host:514`; an empty one is this machine's own log. */
export function openSyslog(address: string, pid: number, onError: (text: string) => void): SyslogResult {
  if (address === '') {
    if (!LOCAL_SOCKETS.some(isSocket)) return { ok: false, error: 'error connecting to syslog: "Unix syslog delivery error"' };
    return { ok: true, sink: localSink(onError) };
  }
  const url = URL.parse?.(address) ?? tryUrl(address);
  const scheme = url?.protocol.replace(/:$/, '') ?? '';
  if (url === null || url === undefined || (scheme !== 'udp' && scheme !== 'tcp')) {
    return { ok: false, error: `error invalid network type: ${JSON.stringify(scheme)}` };
  }
  const target = { host: url.hostname, port: url.port === '' ? 514 : Number(url.port) };
  return { ok: true, sink: scheme === 'udp' ? udpSink(target, pid, onError) : tcpSink(target, pid, onError) };
}

function tryUrl(address: string): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined;
}

function packet(level: LogLevel, text: string, pid: number): Buffer {
  const priority = FACILITY * 8 + SEVERITY[level];
  return Buffer.from(`<${priority}>${TAG}[${pid}]: ${text}`).subarray(0, MAX_DATAGRAM_BYTES);
}

function udpSink(target: { host: string; port: number }, pid: number, onError: (text: string) => void): SyslogSink {
  const socket = process.getBuiltinModule('node:dgram').createSocket('udp4');
  socket.on('error', (error) => onError(`syslog: ${error.message}`));
  socket.unref();
  return {
    write: (level, text) => socket.send(packet(level, text, pid), target.port, target.host),
    close: () => socket.close(),
  };
}

function tcpSink(target: { host: string; port: number }, pid: number, onError: (text: string) => void): SyslogSink {
  const socket = connect(target);
  socket.on('error', (error) => onError(`syslog: ${error.message}`));
  socket.unref();
  return {
    write: (level, text) => {
      // Lines are lost, not kept, while the server does not read.
      if (!socket.writableNeedDrain && socket.writable)
        socket.write(Buffer.concat([packet(level, text, pid), Buffer.from('\n')]));
    },
    close: () => socket.destroySoon(),
  };
}

/** Node cannot open a Unix datagram socket, so the lines go through `logger`, which reads priorities in `<n>` form. */
function localSink(onError: (text: string) => void): SyslogSink {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const child = spawn('logger', ['-t', TAG, '--prio-prefix'], { stdio: ['pipe', 'ignore', 'ignore'] });
  child.on('error', (error) => onError(`syslog: ${error.message}`));
  child.stdin.on('error', (error) => onError(`syslog: ${error.message}`));
  child.unref();
  return {
    write: (level, text) => {
      if (!child.stdin.writableNeedDrain && child.stdin.writable) {
        child.stdin.write(`<${FACILITY * 8 + SEVERITY[level]}>${text}\n`);
      }
    },
    close: () => child.stdin.end(),
  };
}
