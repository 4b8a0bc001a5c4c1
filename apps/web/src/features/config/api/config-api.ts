/** Requests about the running configuration. */
import type { ConfigChangeReport, ConfigChangeRequest, ConsoleConfig } from '@sluice/protocol/console';
import { queryOptions } from '@tanstack/react-query';
import { apiGet, apiRequest } from '../../../lib/api-client.ts';

export const configQuery = queryOptions({
  queryKey: ['config'],
  queryFn: ({ signal }) => apiGet<ConsoleConfig>('/api/config', undefined, signal),
  refetchInterval: 15_000,
});

/** What the change would do; changes nothing. */
export function checkConfig(body: ConfigChangeRequest, signal?: AbortSignal): Promise<ConfigChangeReport> {
  return apiRequest<ConfigChangeReport>('POST', '/api/config/check', { body, ...(signal === undefined ? {} : { signal }) });
}

/** Throws `ApiFailure` with `conflict` when somebody changed the configuration meanwhile. */
export function applyConfig(body: ConfigChangeRequest): Promise<ConfigChangeReport> {
  return apiRequest<ConfigChangeReport>('POST', '/api/config/apply', { body });
}
