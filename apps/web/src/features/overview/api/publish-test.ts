/** One message, published as a client without credentials would. */
import type { PublishRequest, PublishResult } from '@sluice/protocol/console';
import { apiRequest } from '../../../lib/api-client.ts';

export function publishTest(subject: string, payload: string): Promise<PublishResult> {
  const body: PublishRequest = { subject, payload, encoding: 'utf8' };
  return apiRequest<PublishResult>('POST', '/api/publish', { body });
}
