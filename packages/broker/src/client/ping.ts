/** PING and PONG. The first PONG to a client of protocol 1 is followed by an INFO that names its account. */

import type { ClientConnection } from './client-connection.ts';
import { renderInfo } from './info.ts';

/** Answers; the first answer after CONNECT is followed by INFO, for clients that take one at any time. */
export function processPing(client: ClientConnection): void {
  client.heartbeat.notePing();
  client.send('PONG\r\n');
  if (client.isFirstPongSent || client.connectOptions === null) return;
  client.isFirstPongSent = true;
  if (client.connectOptions.protocol === 1) client.send(renderInfo(client, { isConnectInfo: true }));
}

/** Our PING was answered. */
export function processPong(client: ClientConnection): void {
  client.heartbeat.notePong();
}
