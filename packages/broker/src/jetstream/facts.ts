/** What monitoring asks JetStream, so that it need not know how JetStream is made. */
import type { HealthProblem } from '@sluice/protocol';

export interface JszOptions {
  readonly account: string;
  readonly hasAccounts: boolean;
  readonly hasStreams: boolean;
  readonly hasConsumers: boolean;
  readonly hasDirectConsumers: boolean;
  readonly hasConfig: boolean;
  readonly hasRaft: boolean;
  readonly offset: number;
  /** 0 is the default, below 0 no limit. */
  readonly limit: number;
}

export interface JetStreamFacts {
  /** True when the account has JetStream. */
  hasAccount(name: string): boolean;
  /** True when the API answers in the account, if only to say that it has no JetStream. */
  answersIn(name: string): boolean;
  /** The `jetstream` part of `/varz`. */
  varz(): object;
  /** `/jsz` of the server with this id. */
  jsz(options: JszOptions, serverId: string): object;
  /** What is wrong with an account, a stream or a consumer; undefined when all is well. Empty names ask about nothing. */
  problem(account: string, stream: string, consumer: string): HealthProblem | undefined;
}
