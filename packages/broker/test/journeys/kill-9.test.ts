/** The process is killed again and again in the middle of publishing: what was acknowledged is there when it is started again. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstSeed, report, runs } from '../long/runs.ts';
import { type BuiltCommand, buildCommand } from '../support/built-command.ts';
import { SeededRandom } from '../support/random.ts';

const KILLS = runs('kills', 20);
const WINDOW = 64;

interface Process {
  readonly url: string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

let command: BuiltCommand;
beforeAll(async () => {
  command = await buildCommand();
});
afterAll(() => command.remove());

/** Starts the command on the folder's data; resolves when it is ready. */
function start(): Promise<Process> {
  const { folder, script, running } = command;
  const args = [script, '-a', '127.0.0.1', '-p', '-1', '-js', '-sd', join(folder, 'store')];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const pid = child.pid ?? 0;
  running.add(pid);
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => {
      running.delete(pid);
      resolve();
    });
  });
  return new Promise((resolve, reject) => {
    let output = '';
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      const port = /Listening for client connections on 127\.0\.0\.1:(\d+)/.exec(output)?.[1];
      if (port === undefined || !output.includes('Server is ready')) return;
      const kill = (): Promise<void> => {
        child.kill('SIGKILL');
        return gone;
      };
      resolve({ url: `127.0.0.1:${port}`, kill });
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    gone.then(() => reject(new Error(`the process ended: ${output}`)));
  });
}

/** Publishes numbered messages, `WINDOW` at a time, until the connection is lost; sequences of what was acknowledged. */
async function publishUntilLost(connection: NatsConnection, round: number): Promise<Map<number, string>> {
  const acknowledged = new Map<number, string>();
  let sent = 0;
  const publisher = async (): Promise<void> => {
    while (!connection.isClosed()) {
      const body = `${round}-${sent++}`;
      const answer = await connection.request('k', body, { timeout: 5000 }).catch(() => undefined);
      if (answer === undefined) return;
      const { seq } = answer.json<{ seq?: number }>();
      if (seq !== undefined && seq > 0) acknowledged.set(seq, body);
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, publisher));
  return acknowledged;
}

/** Acknowledged messages that are not there, and ids that are there twice. */
async function wrong(connection: NatsConnection, acknowledged: ReadonlyMap<number, string>): Promise<string[]> {
  // On a busy machine the kill may come first.
  if (acknowledged.size === 0) return [];
  const { direct } = await jetstreamManager(connection);
  const found = new Map<number, string>();
  const first = Math.min(...acknowledged.keys());
  const count = Math.max(...acknowledged.keys()) - first + 1;
  for await (const message of await direct.getBatch('K', { seq: first, batch: count })) found.set(message.seq, message.string());
  const lost = [...acknowledged].filter(([seq, body]) => found.get(seq) !== body).map(([seq, body]) => `lost: ${seq} ${body}`);
  const bodies = new Set<string>();
  const twice = [...found.values()].filter((body) => bodies.size === bodies.add(body).size).map((body) => `twice: ${body}`);
  return [...lost, ...twice];
}

describe('a broker that is killed', () => {
  it(`has every message that it acknowledged once, ${KILLS} times`, { timeout: 120_000 + KILLS * 6000 }, async () => {
    const random = new SeededRandom(8 + firstSeed);
    let total = 0;
    let broker = await start();
    for (let round = 0; round < KILLS; round++) {
      const connection = await connect({ servers: broker.url, reconnect: false });
      if (round === 0) await (await jetstreamManager(connection)).streams.add({ name: 'K', subjects: ['k'], allow_direct: true });
      const publishing = publishUntilLost(connection, round);
      await new Promise((resolve) => setTimeout(resolve, 100 + random.below(200)));
      await broker.kill();
      const acknowledged = await publishing;
      await connection.close();
      broker = await start();
      const reader = await connect({ servers: broker.url, reconnect: false });
      expect(await wrong(reader, acknowledged)).toEqual([]);
      await reader.close();
      total += acknowledged.size;
    }
    await broker.kill();
    report('kills', { kills: KILLS, acknowledged: total, lost: 0, twice: 0 });
    expect(total).toBeGreaterThan(KILLS);
  });
});
