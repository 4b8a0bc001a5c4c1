/** What the rules for configurations of streams share: the world that they ask, and how they refuse. */
import { SubjectTransform } from '@sluice/protocol';
import { type ApiError, apiError, type StreamConfig } from '@sluice/protocol/jetstream';
import type { JetStreamOptions } from '../limits.ts';

/** What the rules ask about the world around the stream. */
export interface ConfigContext {
  readonly options: JetStreamOptions;
  readonly isMaxBytesRequired: boolean;
  /** Largest `max_bytes` the account allows for this storage; -1 is unlimited. */
  maxStreamBytes(storage: StreamConfig['storage']): number;
  /** Configuration of another stream of the account. */
  streamConfig(name: string): StreamConfig | undefined;
}

export const invalidConfig = (err: string): ApiError => apiError('streamInvalidConfig', { err });

/** What is wrong with a transform, in nats-server's words, or undefined. */
export function transformProblem(src: string, dest: string): string | undefined {
  if (dest === '') return undefined;
  const parsed = SubjectTransform.parse(src, dest);
  return parsed.ok ? undefined : parsed.error;
}
