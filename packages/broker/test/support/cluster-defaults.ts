/** Options of a cluster as tests and the fuzzer use them. */
import type { ClusterOptions } from '../../src/options.ts';

/** What a route has unless a test says otherwise. */
export const clusterDefaults: ClusterOptions = {
  name: 'C',
  host: '127.0.0.1',
  port: 0,
  routes: [],
  noAdvertise: false,
  connectRetries: 0,
  connectBackoff: false,
  poolSize: 3,
  pinnedAccounts: [],
};
