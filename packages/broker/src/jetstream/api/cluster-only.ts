/** Verbs that only a cluster has: on one server they are refused. */
import { apiError } from '@sluice/protocol/jetstream';
import type { ApiVerb } from './request.ts';

const clusterOnly = (type: string): ApiVerb => ({
  type,
  before: () => apiError('clusterRequired'),
  answer: () => ({ ok: false, error: apiError('clusterRequired') }),
});

export const streamStepDown = clusterOnly('stream_leader_stepdown');
export const streamPeerRemove = clusterOnly('stream_remove_peer');
export const consumerStepDown = clusterOnly('consumer_leader_stepdown');
export const streamEvacuate = clusterOnly('stream_evacuate_peer');
export const streamCancelMove = clusterOnly('stream_cancel_move');
