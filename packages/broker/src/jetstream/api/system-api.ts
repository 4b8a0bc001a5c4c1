/**
 * The system account has no JetStream, and says so. What only a cluster's leader would do is left unanswered, as nats-server leaves it.
 * Source: nats-server server/jetstream_api.go apiDispatch.
 */
import { API_PREFIX, apiError, goJson, responseType } from '@sluice/protocol/jetstream';
import type { Account } from '../../account/account.ts';
import { Messenger } from '../messenger.ts';

const ACCOUNT_INFO = `${API_PREFIX}.INFO`;
const OF_THE_LEADER = ['META.LEADER.STEPDOWN', 'META.RESCUE', 'SERVER.REMOVE', 'SERVER.EVACUATE', 'ACCOUNT.'].map(
  (verb) => `${API_PREFIX}.${verb}`,
);

/** Answers requests of the system account; returns what ends it. */
export function refuseInSystemAccount(account: Account): () => void {
  const messenger = new Messenger(account);
  return account.subscribe(
    `${API_PREFIX}.>`,
    ({ subject, reply }) => {
      if (reply === '' || OF_THE_LEADER.some((start) => subject.startsWith(start))) return;
      const type = responseType(subject === ACCOUNT_INFO ? 'account_info' : 'system');
      messenger.sendText(reply, goJson({ type, error: apiError('notEnabledForAccount') }));
    },
    { isLocal: true },
  );
}
