/** What many clients of an account may do wrong at once is told of one of them. Source: nats-server server/client.go RateLimitErrorf. */
import type { LogLevel } from '../env/log.ts';
import type { ClientConnection } from './client-connection.ts';
import { accountLabel, userLabelOf } from './client-label.ts';

/** Writes the line unless one like it was written lately. It ends in who did it. */
export function logOnce(client: ClientConnection, text: string, level: LogLevel = 'ERR'): void {
  const { account, server } = client;
  // Who was not let in belongs nowhere yet.
  const whose = account === null || client.names === null ? '' : ` - Account:${accountLabel(account)}`;
  if (!server.recentLines.isNew(`${text}${whose}`)) return;
  const who = client.names === null ? '' : userLabelOf(client);
  client.log(level, `${text}${whose}${who === '' ? '' : ` - ${who}`}`);
}
