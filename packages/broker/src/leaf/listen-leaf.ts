/**
 * The port of leaf nodes. This build has none, but suites and operators have the port in their configurations: it is listened on, says
 * INFO, and tells whoever connects that it is no place for it. Source: nats-server server/leafnode.go; the texts are 2.15.1's.
 */
import type { Env, Timer } from '../env/env.ts';
import type { Listener, Transport, TransportHandler } from '../env/net.ts';
import type { LeafOptions } from '../options.ts';
import { reportedVersion } from '../version.ts';

/** Bytes of the first line that are looked at. */
const MAX_LINE_BYTES = 4096;
/** Who says nothing is let go after this. */
const FIRST_LINE_TIMEOUT_MS = 3000;
const CLIENT_ON_LEAF_PORT = 'attempted to connect to leaf node port';
const NO_LEAF_NODES = 'leaf nodes are not supported by this server';
const NOT_A_LEAF = 'Authorization Violation';
/** Connections that wait for their first line at a time; more are closed at once. */
const MAX_WAITING = 1024;

/** What the listener needs of the server. */
export interface LeafListenerContext {
  readonly env: Env;
  readonly id: string;
  readonly name: string;
  readonly maxPayloadBytes: number;
}

/** Rejects with the system's error when the address cannot be had. */
export async function listenLeaf(options: LeafOptions, context: LeafListenerContext): Promise<Listener> {
  const waiting = new Set<LeafVisitor>();
  const listener = await context.env.net.listen({ host: options.host, port: options.port }, (transport) => {
    if (waiting.size >= MAX_WAITING) return transport.destroy();
    waiting.add(
      new LeafVisitor(transport, context, { host: options.host, port: listener.port, onEnd: (gone) => waiting.delete(gone) }),
    );
  });
  return {
    ...listener,
    close: () => {
      for (const visitor of waiting) visitor.end();
      return listener.close();
    },
  };
}

interface VisitorPlace {
  readonly host: string;
  readonly port: number;
  readonly onEnd: (visitor: LeafVisitor) => void;
}

/** One connection: INFO, its first line, an error. */
class LeafVisitor implements TransportHandler {
  private readonly transport: Transport;
  private readonly context: LeafListenerContext;
  private readonly place: VisitorPlace;
  private readonly timer: Timer;
  private line = '';

  constructor(transport: Transport, context: LeafListenerContext, place: VisitorPlace) {
    this.transport = transport;
    this.context = context;
    this.place = place;
    this.timer = context.env.clock.setTimer(FIRST_LINE_TIMEOUT_MS, () => this.end());
    transport.start(this);
    transport.write(Buffer.from(`INFO ${JSON.stringify(this.info())} \r\n`));
  }

  private info(): object {
    const { id, name, env, maxPayloadBytes } = this.context;
    const { host, port } = this.place;
    return {
      server_id: id,
      server_name: name,
      version: reportedVersion,
      proto: 1,
      go: env.runtime,
      host,
      port,
      headers: true,
      auth_required: true,
      max_payload: maxPayloadBytes,
    };
  }

  onBytes(bytes: Buffer, _view: DataView, count: number): void {
    this.line += bytes.toString('latin1', 0, Math.min(count, MAX_LINE_BYTES));
    if (this.line.includes('\n') || this.line.length >= MAX_LINE_BYTES) this.refuse();
  }

  private refuse(): void {
    const text = refusalOf(this.line);
    const { address, port } = this.transport.peer;
    this.context.env.log.write('ERR', `${address}:${port} - ${text}`);
    this.transport.write(Buffer.from(`-ERR '${text}'\r\n`));
    this.end();
  }

  onWritten(): void {
    // Nothing more is written.
  }

  onClose(): void {
    this.timer.cancel();
    this.place.onEnd(this);
  }

  end(): void {
    this.timer.cancel();
    this.transport.end();
  }
}

/** Clients say which language they speak; leaf nodes say which server they are. */
function refusalOf(line: string): string {
  if (!/^connect\s/i.test(line)) return NOT_A_LEAF;
  return /"lang"\s*:\s*"[^"]/.test(line) ? CLIENT_ON_LEAF_PORT : NO_LEAF_NODES;
}
