/** Whether a syslog server that lines go to over TCP is there: without it nats-server does not start. */
import { connect } from 'node:net';
import { dialErrorText } from '../cluster/dial-error.ts';
import type { LogSettings } from '../config/index.ts';

const TIMEOUT_MS = 5000;
const DEFAULT_PORT = 514;

/** Why the log cannot go there, or undefined. */
export async function syslogProblem({ file = '', remoteSyslog = '' }: LogSettings): Promise<string | undefined> {
  if (file !== '' || !remoteSyslog.startsWith('tcp://') || !URL.canParse(remoteSyslog)) return undefined;
  const { hostname, port } = new URL(remoteSyslog);
  const place = { host: hostname, port: port === '' ? DEFAULT_PORT : Number(port) };
  try {
    await tryConnect(place);
    return undefined;
  } catch (error) {
    return `error connecting to syslog: ${JSON.stringify(dialErrorText(error, `${place.host}:${place.port}`))}`;
  }
}

function tryConnect(place: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...place, timeout: TIMEOUT_MS }, () => {
      socket.end();
      resolve();
    });
    socket.on('timeout', () => socket.destroy(new Error('i/o timeout')));
    socket.on('error', reject);
  });
}
