/**
 * The same bytes, played to our broker and to nats-server. What nats-server 2.15.1 answered is kept in `recorded.json`, so that ours is
 * held to it everywhere; where there is a nats-server, the record is held to that. `CONFORMANCE_RECORD=1` writes it anew.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker.ts';
import { readConfigText, toOptions, validateSettings } from '../../src/config/index.ts';
import { noFiles } from '../config/no-files.ts';
import { play, type Script } from './play.ts';
import { findReference, startReference } from './reference.ts';
import { scripts } from './scripts.ts';

const recordPath = join(import.meta.dirname, 'recorded.json');
const recorded: Record<string, string[]> = existsSync(recordPath) ? JSON.parse(readFileSync(recordPath, 'utf8')) : {};
const reference = findReference();
const isRecording = process.env['CONFORMANCE_RECORD'] === '1';
if (reference === undefined)
  process.stderr.write('no nats-server 2.15 or newer (NATS_SERVER_BIN): the record is not compared with it\n');

async function playToOurs(script: Script): Promise<string[]> {
  const read = readConfigText(`listen: "127.0.0.1:-1"\n${script.config}\n`, 'server.conf', noFiles);
  if (!read.ok) throw new Error(read.error);
  expect(validateSettings(read.settings)).toBeUndefined();
  const broker = await Broker.start(toOptions(read.settings));
  try {
    return await play(script, broker.port);
  } finally {
    await broker.stop();
  }
}

async function playToReference(script: Script, path: string): Promise<string[]> {
  const running = await startReference(path, script.config);
  try {
    return await play(script, running.port);
  } finally {
    await running.stop();
  }
}

describe.runIf(reference !== undefined)('the record is what nats-server answers', () => {
  const fresh: Record<string, string[]> = {};
  afterAll(() => {
    if (isRecording) writeFileSync(recordPath, `${JSON.stringify(fresh, null, 2)}\n`);
  });

  it.each(scripts.map((script) => [script.name, script] as const))('%s', async (name, script) => {
    fresh[name] = await playToReference(script, reference ?? '');
    if (!isRecording) expect(fresh[name]).toEqual(recorded[name]);
  });
});

describe.runIf(!isRecording)('our broker answers as nats-server does', () => {
  it.each(scripts.map((script) => [script.name, script] as const))('%s', async (name, script) => {
    expect(recorded[name]).toBeDefined();
    expect(await playToOurs(script)).toEqual(recorded[name]);
  });
});
