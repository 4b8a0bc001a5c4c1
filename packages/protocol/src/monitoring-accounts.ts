/** Shapes of the monitoring pages about accounts: `/accountz`, `/accstatz`. Names are nats-server's. */
import type { SublistStats } from './monitoring.ts';

export interface TrafficStat {
  msgs: number;
  bytes: number;
}

export interface AccountTrafficStat extends TrafficStat {
  gateways: TrafficStat;
  routes: TrafficStat;
  leafs: TrafficStat;
}

export interface AccountStat {
  acc: string;
  name: string;
  conns: number;
  leafnodes: number;
  total_conns: number;
  num_subscriptions: number;
  sent: AccountTrafficStat;
  received: AccountTrafficStat;
  slow_consumers: number;
}

export interface AccountStatz {
  server_id: string;
  now: string;
  account_statz: AccountStat[];
}

export interface AccountImportInfo {
  subject: string;
  account: string;
  to?: string;
  local_subject: string;
  type: 'stream' | 'service';
  invalid: boolean;
  share: boolean;
  tracking: boolean;
}

export interface AccountExportInfo {
  subject: string;
  type: 'stream' | 'service';
  response_type?: 'Singleton' | 'Streamed' | 'Chunked';
  approved_accounts?: string[];
}

export interface AccountMapDestination {
  subject: string;
  /** Percent, added up along the list. */
  weight: number;
  cluster?: string;
}

export interface AccountInfo {
  account_name: string;
  update_time: string;
  is_system?: boolean;
  expired: boolean;
  complete: boolean;
  jetstream_enabled: boolean;
  leafnode_connections: number;
  client_connections: number;
  subscriptions: number;
  /** By source subject. */
  mappings?: Record<string, AccountMapDestination[]>;
  exports?: AccountExportInfo[];
  imports?: AccountImportInfo[];
  name_tag: string;
  sublist_stats: SublistStats;
}

export interface Accountz {
  server_id: string;
  now: string;
  system_account?: string;
  accounts?: string[];
  account_detail?: AccountInfo;
}
