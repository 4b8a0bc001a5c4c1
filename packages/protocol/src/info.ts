/** INFO and CONNECT as JSON. Source: nats-server server/server.go Info and server/client.go ClientOpts. */

/** What INFO carries to a client; absent fields are not sent. */
export interface ServerInfo {
  server_id: string;
  server_name: string;
  version: string;
  proto: number;
  git_commit?: string;
  go: string;
  host: string;
  port: number;
  headers: boolean;
  auth_required?: boolean;
  tls_required?: boolean;
  tls_verify?: boolean;
  tls_available?: boolean;
  /** Largest message in bytes, headers included. */
  max_payload: number;
  jetstream?: boolean;
  ip?: string;
  client_id?: number;
  client_ip?: string;
  nonce?: string;
  cluster?: string;
  cluster_dynamic?: boolean;
  domain?: string;
  connect_urls?: string[];
  ws_connect_urls?: string[];
  ldm?: boolean;
  connect_info?: boolean;
  remote_account?: string;
  acc_is_sys?: boolean;
  api_lvl?: number;
  xkey?: string;
}

/** What CONNECT said, with the protocol's defaults filled in: verbose, pedantic and echo are true when absent. */
export interface ConnectOptions {
  verbose: boolean;
  pedantic: boolean;
  echo: boolean;
  headers: boolean;
  no_responders: boolean;
  /** 0, or 1 for clients that take INFO at any time. */
  protocol: number;
  tls_required?: boolean;
  nkey?: string;
  jwt?: string;
  sig?: string;
  auth_token?: string;
  user?: string;
  pass?: string;
  name?: string;
  lang?: string;
  version?: string;
  account?: string;
  new_account?: boolean;
  proxy_sig?: string;
}
