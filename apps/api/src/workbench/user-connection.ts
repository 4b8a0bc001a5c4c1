/**
 * A short connection as somebody: the workbench publishes and asks through one, so the server itself decides what that user may
 * do. What the server refuses is collected, in its own words.
 */
import { connect, type NatsConnection, PermissionViolationError } from '@nats-io/transport-node';
import type { RunAs } from '@sluice/protocol/console';

/** Name these connections carry. */
export const WORKBENCH_CLIENT_NAME = 'sluice-workbench';

const CONNECT_TIMEOUT_MS = 3000;

export type Opened = { ok: true; connection: UserConnection } | { ok: false; message: string };

export class UserConnection {
  readonly nats: NatsConnection;
  /** What the server refused, oldest first, at most 20. */
  readonly refusals: string[] = [];

  private constructor(nats: NatsConnection) {
    this.nats = nats;
    this.#collect().catch((error: unknown) => this.refusals.push(String(error)));
  }

  /** Connects as `runAs`; the failure is a sentence for people. */
  static async open(url: string, runAs: RunAs): Promise<Opened> {
    try {
      const nats = await connect({
        servers: url,
        name: WORKBENCH_CLIENT_NAME,
        reconnect: false,
        timeout: CONNECT_TIMEOUT_MS,
        ignoreClusterUpdates: true,
        ...credentialsOf(runAs),
      });
      return { ok: true, connection: new UserConnection(nats) };
    } catch (error) {
      return { ok: false, message: describe(error) };
    }
  }

  /** Resolves when the server has handled everything sent so far, or has closed the connection. */
  async settle(): Promise<void> {
    try {
      await this.nats.flush();
      // Refusals were read before the answer to the flush; their listeners run within this turn.
      await new Promise((resolve) => setImmediate(resolve));
    } catch (error) {
      this.refusals.push(describe(error));
    }
  }

  async close(): Promise<void> {
    await this.nats.close();
  }

  async #collect(): Promise<void> {
    for await (const status of this.nats.status()) {
      if (status.type === 'error' && this.refusals.length < 20) this.refusals.push(describe(status.error));
    }
  }
}

function credentialsOf(runAs: RunAs): { user?: string; pass?: string; token?: string } {
  switch (runAs.kind) {
    case 'anonymous':
      return {};
    case 'user':
      return { user: runAs.username, pass: runAs.password };
    case 'token':
      return { token: runAs.token };
  }
}

function describe(error: unknown): string {
  if (error instanceof PermissionViolationError) return error.message;
  return error instanceof Error ? error.message : String(error);
}
