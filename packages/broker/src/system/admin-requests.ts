/** What a system user may do to a server: end a connection, ask one to move on, have the configuration read again. */
import { closedReasons } from '@sluice/protocol';
import type { ReceivedMessage } from '../account/internal-subscriber.ts';
import type { ClientConnection } from '../client/client-connection.ts';
import { renderInfo } from '../client/info.ts';
import type { Server } from '../server.ts';
import { RequestBody } from './request-body.ts';
import { isForThisServer } from './request-filter.ts';
import type { Speaker } from './speaker.ts';
import type { SystemActions } from './system-services.ts';

/** `$SYS.REQ.SERVER.<id>.RELOAD`, `.KICK` and `.LDM`. */
export function subscribeAdmin(server: Server, speaker: Speaker, actions: SystemActions): (() => void)[] {
  const subject = (name: string): string => `$SYS.REQ.SERVER.${server.id}.${name}`;
  const { account } = speaker;
  return [
    account.subscribe(subject('RELOAD'), (request) => reload(server, speaker, actions, request)),
    account.subscribe(subject('KICK'), (request) => {
      withClient(server, speaker, request, {
        missing: 'no such client or leafnode id',
        instead: (cid) => server.leafs?.kick(cid) === true,
        act: (client) => {
          client.close(closedReasons.kicked);
          return undefined;
        },
      });
    }),
    account.subscribe(subject('LDM'), (request) => {
      withClient(server, speaker, request, { missing: 'no such client id', act: askToMoveOn });
    }),
  ];
}

function reload(server: Server, speaker: Speaker, actions: SystemActions, request: ReceivedMessage): void {
  const body = new RequestBody(request.payload, 'EventFilterOptions');
  if (body.error === undefined && !isForThisServer(server, body)) return;
  const code = body.error === undefined ? 500 : 400;
  const problem = body.error ?? tryReload(actions);
  const identity = { server: speaker.identity() };
  speaker.reply(request, problem === undefined ? identity : { ...identity, error: { code, description: problem } });
}

function tryReload(actions: SystemActions): string | undefined {
  if (actions.reloadFile === undefined) return 'can only reload config when a file is provided using -c or --config';
  try {
    actions.reloadFile();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** As nats-server, a request that is no JSON with a `cid` gets no answer. */
function withClient(
  server: Server,
  speaker: Speaker,
  request: ReceivedMessage,
  what: {
    readonly missing: string;
    /** What else of that number there may be; true when it is dealt with. */
    readonly instead?: (cid: number) => boolean;
    readonly act: (client: ClientConnection) => string | undefined;
  },
): void {
  const body = new RequestBody(request.payload, 'KickClientReq');
  const cid = body.int('cid', 'uint64');
  if (body.error !== undefined || request.payload.length === 0 || !isForThisServer(server, body)) return;
  const client = server.clients.get(cid);
  if (client === undefined) {
    if (what.instead?.(cid) === true) return speaker.reply(request, { server: speaker.identity() });
    return speaker.reply(request, { server: speaker.identity(), error: { code: 500, description: what.missing } });
  }
  const problem = what.act(client);
  const identity = speaker.identity();
  const failure = problem === undefined ? {} : { error: { code: 500, description: problem } };
  speaker.reply(request, { server: identity, ...failure });
}

/** Only a client of protocol 1 that has had its first PONG takes INFO at any time. */
function askToMoveOn(client: ClientConnection): string | undefined {
  if (!client.takesInfo) return 'client does not support Lame Duck Mode or is not ready to receive the notification';
  client.send(renderInfo(client, { isConnectInfo: false, isLameDuck: true }));
  return undefined;
}
