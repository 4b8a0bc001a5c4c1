/** PING and PONG. The first PONG to a client of protocol 1 is followed by an INFO that names its account. */

import type { ClientConnection } from './client-connection.ts';
import { renderInfo } from './info.ts';

export function processPing(client: ClientConnection): void {
  client.heartbeat.notePing();
  client.send('PONG\r\n');
  if (client.isFirstPongSent || client.connectOptions === null) return;
  client.isFirstPongSent = true;
  if (client.connectOptions.protocol === 1) client.send(renderInfo(client, { isConnectInfo: true }));
}

export function processPong(client: ClientConnection): void {
  client.heartbeat.notePong();
}
