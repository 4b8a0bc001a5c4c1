/**
 * Requests to the API that wait for the end of the turn, of all accounts. There are two kinds, with a limit each: reads of descriptions,
 * and the rest. When a kind reaches its limit everything of it is dropped, which the system account is told.
 * Source: nats-server server/jetstream_api.go apiDispatch.
 */
import { formatTime, goJson, omitEmpty } from '@sluice/protocol/jetstream';
import type { Engine } from '../engine.ts';
import type { ApiService } from './api-service.ts';
import type { ApiRequest } from './request.ts';
import type { FoundVerb } from './table.ts';

const LIMIT_REACHED = '$JS.EVENT.ADVISORY.API.LIMIT_REACHED';
const WARNING_INTERVAL_MS = 2000;

interface Waiting {
  readonly service: ApiService;
  readonly request: ApiRequest;
  readonly found: FoundVerb;
}

export class RequestQueue {
  private readonly engine: Engine;
  private waiting: Waiting[] = [];
  private infoCount = 0;
  private quietUntilMs = 0;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  add(waiting: Waiting): void {
    const { isInfo } = waiting.found;
    const { requestQueueLimit, infoQueueLimit } = this.engine.options;
    if (this.waiting.push(waiting) === 1) this.engine.turn.defer(this.run);
    if (isInfo) this.infoCount++;
    const count = isInfo ? this.infoCount : this.waiting.length - this.infoCount;
    if (count >= (isInfo ? infoQueueLimit : requestQueueLimit)) this.drop(isInfo, count);
  }

  private readonly run = (): void => {
    const waiting = this.waiting;
    this.waiting = [];
    this.infoCount = 0;
    for (const { service, request, found } of waiting) service.handle(request, found.verb);
  };

  private drop(isInfo: boolean, count: number): void {
    const { engine } = this;
    const kept = this.waiting.filter(({ found }) => found.isInfo !== isInfo);
    // What is emptied here is refilled in the same turn at most up to its limit, and its run is already to come.
    this.waiting.splice(0, this.waiting.length, ...kept);
    if (isInfo) this.infoCount = 0;
    this.warn(isInfo ? 'JetStream API info queue' : 'JetStream API queue', count);
    const advisory = {
      type: 'io.nats.jetstream.advisory.v1.api_limit_reached',
      id: engine.newId(),
      timestamp: formatTime(engine.clock.nowUs()),
      server: engine.serverName,
      ...omitEmpty({ domain: engine.options.domain }),
      dropped: count,
    };
    engine.turn.defer(() => engine.systemMessenger?.sendText(LIMIT_REACHED, goJson(advisory)));
  }

  /** A flood of requests is none of log lines. */
  private warn(queue: string, count: number): void {
    const nowMs = this.engine.clock.nowMs();
    if (nowMs < this.quietUntilMs) return;
    this.quietUntilMs = nowMs + WARNING_INTERVAL_MS;
    this.engine.log.write('WRN', `${queue} limit reached, dropping ${count} requests`);
  }
}
