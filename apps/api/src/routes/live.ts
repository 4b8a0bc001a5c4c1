/** `/api/live`: the upgrade. Session and origin have been checked by the access guard before this runs. */

import websocket from '@fastify/websocket';
import { LIVE_MAX_FRAME_BYTES, LIVE_PATH, liveCloseCodes } from '@sluice/protocol/console';
import type { FastifyInstance } from 'fastify';
import type { WebSocket } from 'ws';
import type { Console } from '../console.ts';
import type { BrowserSocket } from '../live/live-socket.ts';

export async function registerLive(app: FastifyInstance, services: Console): Promise<void> {
  await app.register(websocket, { options: { maxPayload: LIVE_MAX_FRAME_BYTES, perMessageDeflate: false } });
  app.addHook('onResponse', async (request) => {
    // A refused upgrade has no HTTP parser any more: nobody would notice its end and the socket would stay for good.
    if (request.headers.upgrade !== undefined) request.raw.socket.destroySoon();
  });
  app.get(
    LIVE_PATH,
    {
      websocket: true,
      config: { role: 'viewer', isOriginRequired: true, isPassive: true },
      schema: { summary: 'The live WebSocket of a browser', tags: ['live'], description: 'Needs the role: viewer.' },
    },
    (socket, request) => {
      const { session } = request;
      const live = session === null ? undefined : services.live.accept(browserSocket(socket), session, request.ip);
      if (live === undefined) {
        socket.close(1013, 'too many live sockets');
        return;
      }
      socket.on('message', (bytes, isBinary) => {
        if (isBinary) live.close(liveCloseCodes.protocolError, 'text frames only');
        else live.receive(bytes.toString());
      });
      socket.on('close', () => live.ended());
      socket.on('error', () => live.ended());
    },
  );
}

function browserSocket(socket: WebSocket): BrowserSocket {
  return {
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send(frame) {
      // A socket that is closing takes nothing; its close event follows.
      if (socket.readyState === socket.OPEN) socket.send(frame, () => undefined);
    },
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
}
