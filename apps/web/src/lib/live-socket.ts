/**
 * The one WebSocket of this page. Keeps subscriptions over reconnects (back-off with jitter), acknowledges what was handled so
 * that the server may send on, notices a silent feed, and tells everybody whether what they show is live or since when it is not.
 * No React here; sockets, time and chance come in, so that tests hold all of it.
 */
import {
  type ApiErrorCode,
  type BrokerState,
  LIVE_HEARTBEAT_MS,
  type LiveClientMessage,
  type LiveData,
  type LiveServerMessage,
  type LiveTopic,
  liveCloseCodes,
  TAP_FRAME_KIND,
  TAP_FRAME_PREFIX_BYTES,
  TAP_FRAME_VERSION,
} from '@sluice/protocol/console';

/** `connecting`: first attempt. `live`: frames arrive. `retrying`: lost, a new attempt is due. `ended`: no more attempts. */
export type LivePhase = 'connecting' | 'live' | 'retrying' | 'ended';

export interface LiveState {
  readonly phase: LivePhase;
  /** When the phase began; for `retrying`, when the last frame arrived. Milliseconds since the epoch, this machine's clock. */
  readonly sinceMs: number;
  readonly retryAtMs: number | null;
  /** Set when the phase is `ended`: why. */
  readonly endReason: 'session' | 'forbidden' | 'protocol' | null;
  /** The newest word on the broker; null before the first. */
  readonly broker: BrokerState | null;
  /** Add to this machine's clock to get the server's. Milliseconds. */
  readonly clockOffsetMs: number;
}

/** What a subscriber does with its frames. JSON frames are acknowledged after `onData` returns; a tap batch by calling `ack`. */
export interface LiveHandlers {
  readonly onData?: (data: LiveData) => void;
  readonly onTapBatch?: (batch: Uint8Array, ack: () => void) => void;
  /** The server will send nothing for this subscription; it is forgotten. */
  readonly onRefused?: (code: ApiErrorCode | 'ended', message: string) => void;
  /** The subscription was made anew after the feed had been lost: what came between is missing. */
  readonly onResubscribed?: () => void;
}

export interface LiveSubscription {
  /** Changes query or tap options without losing the subscription. */
  update(topic: LiveTopic): void;
  close(): void;
}

/** What a socket tells; after `onClose` nothing more comes. */
export interface SocketEvents {
  readonly onOpen: () => void;
  readonly onFrame: (frame: unknown) => void;
  readonly onClose: (code: number) => void;
}

export interface SocketLike {
  send(text: string): void;
  close(): void;
}

export interface LiveEnvironment {
  /** Binary frames must come as ArrayBuffer. */
  connect(events: SocketEvents): SocketLike;
  nowMs(): number;
  /** Returns a function that cancels. */
  startTimer(run: () => void, delayMs: number): () => void;
  /** From 0 to below 1. */
  random(): number;
}

/** First and longest pause between attempts, in milliseconds; the pause doubles in between. */
export const LIVE_RETRY_FIRST_MS = 500;
export const LIVE_RETRY_MAX_MS = 10_000;
const WATCH_MS = 1000;

interface Entry {
  topic: LiveTopic;
  readonly handlers: LiveHandlers;
  /** True once the server was asked on some socket. */
  wasSent: boolean;
}

export class LiveSocket {
  readonly #env: LiveEnvironment;
  readonly #entries = new Map<number, Entry>();
  readonly #listeners = new Set<() => void>();
  #state: LiveState;
  #socket: SocketLike | null = null;
  #isOpen = false;
  #nextId = 1;
  #attempts = 0;
  #lastFrameMs = 0;
  #silenceMs = LIVE_HEARTBEAT_MS * 3;
  #cancelTimer: () => void = () => undefined;

  constructor(env: LiveEnvironment) {
    this.#env = env;
    this.#state = { phase: 'connecting', sinceMs: env.nowMs(), retryAtMs: null, endReason: null, broker: null, clockOffsetMs: 0 };
  }

  /** A snapshot; a new object whenever something in it changed. */
  get state(): LiveState {
    return this.#state;
  }

  onState(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Begins to connect; a second call, or one after `stop`, starts anew. */
  start(): void {
    this.stop();
    this.#set({ phase: 'connecting', sinceMs: this.#env.nowMs(), endReason: null });
    this.#open();
  }

  /** Closes the socket and keeps the subscriptions for a later `start`. */
  stop(): void {
    this.#cancelTimer();
    this.#drop();
  }

  /** Asks the server for a topic now and after every reconnect, until closed. */
  subscribe(topic: LiveTopic, handlers: LiveHandlers): LiveSubscription {
    const id = this.#nextId++;
    const entry: Entry = { topic, handlers, wasSent: false };
    this.#entries.set(id, entry);
    if (this.#isOpen) this.#sendSubscribe(id, entry);
    return {
      update: (next) => {
        entry.topic = next;
        if (this.#isOpen && this.#entries.has(id)) this.#send({ type: 'update', id, ...next });
      },
      close: () => {
        if (this.#entries.delete(id) && this.#isOpen) this.#send({ type: 'unsubscribe', id });
      },
    };
  }

  #open(): void {
    this.#lastFrameMs = this.#env.nowMs();
    const socket = this.#env.connect({
      onOpen: () => {
        if (this.#socket !== socket) return;
        this.#isOpen = true;
        for (const [id, entry] of this.#entries) this.#sendSubscribe(id, entry);
      },
      onFrame: (frame) => {
        if (this.#socket === socket) this.#receive(frame);
      },
      onClose: (code) => {
        if (this.#socket === socket) this.#lost(code);
      },
    });
    this.#socket = socket;
    this.#watch();
  }

  /** Ends a feed that has been silent for three heartbeats: a half-open connection never says goodbye. */
  #watch(): void {
    this.#cancelTimer = this.#env.startTimer(() => {
      if (this.#env.nowMs() - this.#lastFrameMs > this.#silenceMs) this.#lost(0);
      else this.#watch();
    }, WATCH_MS);
  }

  #lost(code: number): void {
    this.#cancelTimer();
    this.#drop();
    const endReason = endReasonOf(code);
    if (endReason !== null) {
      this.#set({ phase: 'ended', sinceMs: this.#env.nowMs(), retryAtMs: null, endReason });
      return;
    }
    const longest = Math.min(LIVE_RETRY_FIRST_MS * 2 ** this.#attempts, LIVE_RETRY_MAX_MS);
    const delayMs = longest / 2 + (this.#env.random() * longest) / 2;
    this.#attempts++;
    const wasLive = this.#state.phase === 'live';
    this.#set({
      phase: 'retrying',
      sinceMs: wasLive ? this.#lastFrameMs : this.#state.sinceMs,
      retryAtMs: this.#env.nowMs() + delayMs,
    });
    this.#cancelTimer = this.#env.startTimer(() => this.#open(), delayMs);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#isOpen = false;
    socket?.close();
  }

  #receive(frame: unknown): void {
    this.#lastFrameMs = this.#env.nowMs();
    if (frame instanceof ArrayBuffer) this.#receiveTap(frame);
    else if (typeof frame === 'string') this.#receiveMessage(JSON.parse(frame) as LiveServerMessage);
  }

  #receiveMessage(message: LiveServerMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#attempts = 0;
        this.#silenceMs = message.heartbeatMs * 3;
        this.#set({
          phase: 'live',
          sinceMs: this.#env.nowMs(),
          retryAtMs: null,
          broker: message.broker,
          clockOffsetMs: message.serverTimeMs - this.#env.nowMs(),
        });
        return;
      case 'data':
        this.#entries.get(message.id)?.handlers.onData?.(message);
        this.#rememberEvents(message.id, message);
        if (message.seq > 0) this.#send({ type: 'ack', id: message.id, seq: message.seq });
        return;
      case 'refused':
        return this.#forget(message.id, message.code, message.message);
      case 'ended':
        return this.#forget(message.id, 'ended', message.message);
      case 'broker':
        return this.#set({ broker: message.broker });
      case 'subscribed':
      case 'heartbeat':
      case 'pong':
        return;
    }
  }

  #receiveTap(frame: ArrayBuffer): void {
    const view = new DataView(frame);
    if (frame.byteLength < TAP_FRAME_PREFIX_BYTES) return;
    if (view.getUint8(0) !== TAP_FRAME_KIND || view.getUint8(1) !== TAP_FRAME_VERSION) return;
    const id = view.getUint32(4);
    const seq = view.getFloat64(8);
    const socket = this.#socket;
    const ack = (): void => {
      if (this.#socket === socket && this.#isOpen) this.#send({ type: 'ack', id, seq });
    };
    const onTapBatch = this.#entries.get(id)?.handlers.onTapBatch;
    if (onTapBatch === undefined) ack();
    else onTapBatch(new Uint8Array(frame, TAP_FRAME_PREFIX_BYTES), ack);
  }

  /** After a reconnect, events go on where they stopped instead of coming twice. */
  #rememberEvents(id: number, message: LiveData): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || message.topic !== 'events') return;
    const newest = message.data.events.at(-1);
    if (newest !== undefined) entry.topic = { topic: 'events', afterSeq: newest.seq };
  }

  #forget(id: number, code: ApiErrorCode | 'ended', reason: string): void {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    entry?.handlers.onRefused?.(code, reason);
  }

  #sendSubscribe(id: number, entry: Entry): void {
    this.#send({ type: 'subscribe', id, ...entry.topic });
    if (entry.wasSent) entry.handlers.onResubscribed?.();
    entry.wasSent = true;
  }

  #send(message: LiveClientMessage): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #set(change: Partial<LiveState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

function endReasonOf(code: number): LiveState['endReason'] {
  if (code === liveCloseCodes.sessionEnded) return 'session';
  if (code === liveCloseCodes.forbidden) return 'forbidden';
  return code === liveCloseCodes.protocolError ? 'protocol' : null;
}

/** The browser's own socket, clock and chance; the address is this page's host. */
export function browserLiveEnvironment(path: string): LiveEnvironment {
  return {
    connect: ({ onOpen, onFrame, onClose }) => {
      const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
      const socket = new WebSocket(`${scheme}//${location.host}${path}`);
      socket.binaryType = 'arraybuffer';
      socket.onopen = onOpen;
      socket.onmessage = (event) => onFrame(event.data);
      socket.onclose = (event) => onClose(event.code);
      return socket;
    },
    nowMs: () => Date.now(),
    startTimer: (run, delayMs) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    random: () => Math.random(),
  };
}
