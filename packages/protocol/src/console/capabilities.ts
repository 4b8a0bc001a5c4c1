/**
 * What this console can do now: the state of the broker beside it and the services that the server answered to. Pages are
 * drawn from this; what is missing is shown locked with `reason`, not as an error.
 *
 *   GET /api/capabilities   viewer   → Capabilities
 */
import type { Role } from './common.ts';

/**
 * `starting`: first start. `running`: the process is up and answers. `restarting`: it died, a new start is due at
 * `nextStartAtMs`. `unreachable`: the process is up but does not answer the console. `stopped`: Sluice is shutting down.
 */
export const brokerStates = ['starting', 'running', 'restarting', 'unreachable', 'stopped'] as const;
export type BrokerStateName = (typeof brokerStates)[number];

export interface BrokerState {
  state: BrokerStateName;
  sinceMs: number;
  /** Restarts since `sluice` was started. */
  restarts: number;
  lastExit: { atMs: number; code: number | null; signal: string | null } | null;
  nextStartAtMs: number | null;
}

export type Availability = { isAvailable: true } | { isAvailable: false; reason: string };

export const featureNames = [
  'connections',
  'kick',
  'tap',
  'subjects',
  'interest',
  'config',
  'connectEvents',
  'permissions',
] as const;
export type FeatureName = (typeof featureNames)[number];

export interface ServerIdentity {
  id: string;
  name: string;
  /** nats-server version it speaks as. */
  version: string;
  /** Set when the server is a Sluice broker. */
  sluiceVersion: string | null;
}

export interface Capabilities {
  /** Version of this console. */
  version: string;
  role: Role;
  /** Where clients connect, for snippets: `nats://127.0.0.1:4222`. Null while the broker is not up. */
  natsUrl: string | null;
  /** True when clients without credentials are let in. */
  isAnonymousAllowed: boolean | null;
  /** NATS user names known from the configuration, for the workbench. */
  natsUsers: string[];
  accounts: string[];
  /** Where a page looks unless its URL names an account: where clients without credentials are, else where the first user is. */
  usualAccount: string;
  maxPayloadBytes: number | null;
  broker: BrokerState;
  servers: ServerIdentity[];
  features: Record<FeatureName, Availability>;
}
