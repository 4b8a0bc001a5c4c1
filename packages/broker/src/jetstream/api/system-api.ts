/**
 * The system account has no JetStream, and says so. What only a cluster's leader would do is left unanswered, as nats-server leaves it;
 * what one server does for the operator is that all streams of an account are deleted.
 * Source: nats-server server/jetstream_api.go apiDispatch, jsLeaderAccountPurgeRequest.
 */
import { API_PREFIX, apiError, goJson, type JsonObject, responseType } from '@sluice/protocol/jetstream';
import type { Account } from '../../account/account.ts';
import type { ReceivedMessage } from '../../account/internal-subscriber.ts';
import type { Engine } from '../engine.ts';
import { Messenger } from '../messenger.ts';

const ACCOUNT_INFO = `${API_PREFIX}.INFO`;
const PURGE_TOKENS = 5;
const OF_THE_LEADER = ['META.LEADER.STEPDOWN', 'META.RESCUE', 'SERVER.REMOVE', 'SERVER.EVACUATE', 'ACCOUNT.'].map(
  (verb) => `${API_PREFIX}.${verb}`,
);

/** Answers requests of the system account; returns what ends it. */
export function serveSystemAccount(engine: Engine, account: Account): () => void {
  const messenger = new Messenger(account);
  const onRequest = ({ subject, reply }: ReceivedMessage): void => {
    if (subject.startsWith(`${API_PREFIX}.ACCOUNT.PURGE.`)) {
      engine.turn.defer(() => purge(engine, messenger, { subject, reply }));
      return;
    }
    if (reply === '' || OF_THE_LEADER.some((start) => subject.startsWith(start))) return;
    const type = responseType(subject === ACCOUNT_INFO ? 'account_info' : 'system');
    messenger.sendText(reply, goJson({ type, error: apiError('notEnabledForAccount') }));
  };
  return account.subscribe(`${API_PREFIX}.>`, onRequest, { isLocal: true });
}

/** `$JS.API.ACCOUNT.PURGE.<account>`: whether or not there is such an account, it has no streams afterwards. */
function purge(engine: Engine, messenger: Messenger, request: { subject: string; reply: string }): void {
  const tokens = request.subject.split('.');
  if (tokens.length !== PURGE_TOKENS) return;
  const name = tokens[PURGE_TOKENS - 1] ?? '';
  let answer: JsonObject = { initiated: true };
  if (/[\\/]/.test(name)) {
    answer = { error: { ...apiError('streamGeneralError', { err: 'account name can not contain path separators' }) } };
  } else {
    engine.log.write('INF', `Purge request for account ${name} (streams: ${engine.accounts.get(name)?.streams.size ?? 0})`);
    engine.purgeAccount(name);
  }
  if (request.reply !== '') messenger.sendText(request.reply, goJson({ type: responseType('account_purge'), ...answer }));
}
