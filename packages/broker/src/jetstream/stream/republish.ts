/** Sends stored messages out again, with headers that say where they lie. Source: nats-server server/stream.go; ADR-28. */
import { isLiteralSubject, SubjectTransform } from '@sluice/protocol';
import { formatTime, jsHeaders, type RepublishConfig } from '@sluice/protocol/jetstream';
import { withHeader } from '../header-text.ts';
import type { Messenger } from '../messenger.ts';
import type { MessageStore } from '../store/store.ts';
import { FilterSet } from '../store/subject-filter.ts';

/** What is known before the message is stored: where it goes, and what was last on its subject. */
export interface Prepared {
  readonly target: string;
  readonly lastSeq: number;
}

export interface Republished {
  readonly subject: string;
  readonly seq: number;
  readonly time: { readonly timeUs: number; readonly timeNs: number };
  readonly headers: string;
  readonly payload: Uint8Array;
}

/** What republishing needs from its stream. */
export interface RepublishHost {
  readonly messenger: Messenger;
  readonly store: MessageStore;
  /** Runs `task` after the input of the turn, when publishing is allowed. */
  defer(task: () => void): void;
  random(): number;
}

export class Republish {
  private readonly host: RepublishHost;
  private readonly streamName: string;
  private readonly transform: SubjectTransform;
  private readonly isHeadersOnly: boolean;

  private constructor(host: RepublishHost, streamName: string, transform: SubjectTransform, isHeadersOnly: boolean) {
    this.host = host;
    this.streamName = streamName;
    this.transform = transform;
    this.isHeadersOnly = isHeadersOnly;
  }

  /** For a configuration that has passed the rules; undefined for none. */
  static of(host: RepublishHost, streamName: string, config: RepublishConfig | undefined): Republish | undefined {
    if (config === undefined || config.dest === '') return undefined;
    const parsed = SubjectTransform.parse(config.src, config.dest);
    return parsed.ok ? new Republish(host, streamName, parsed.value, config.headers_only === true) : undefined;
  }

  /** Where a message on `subject` goes; undefined when nowhere. */
  prepare(subject: string): Prepared | undefined {
    if (!this.transform.matches(subject)) return undefined;
    const target = this.transform.apply(subject, () => this.host.random());
    if (!isLiteralSubject(target)) return undefined;
    return { target, lastSeq: this.host.store.loadLast(new FilterSet([subject]))?.seq ?? 0 };
  }

  send({ target, lastSeq }: Prepared, message: Republished): void {
    let headers = message.headers;
    headers = withHeader(headers, jsHeaders.stream, this.streamName);
    headers = withHeader(headers, jsHeaders.subject, message.subject);
    headers = withHeader(headers, jsHeaders.sequence, String(message.seq));
    headers = withHeader(headers, jsHeaders.timeStamp, formatTime(message.time.timeUs, message.time.timeNs));
    headers = withHeader(headers, jsHeaders.lastSequence, String(lastSeq));
    if (this.isHeadersOnly) headers = withHeader(headers, jsHeaders.msgSize, String(message.payload.length));
    const payload = this.isHeadersOnly ? Buffer.alloc(0) : Buffer.from(message.payload);
    const block = Buffer.from(headers, 'latin1');
    this.host.defer(() => this.host.messenger.send(target, payload, block));
  }
}
