/**
 * Streams and consumers from disk, at the start. What cannot be read is told about and left as it is: nothing is destroyed on doubt,
 * and one damaged stream keeps no other from starting.
 */
import type { FoundFolder } from './account-files.ts';
import { Consumer } from './consumer/consumer.ts';
import { cipherName } from './encryption.ts';
import type { JsAccount } from './js-account.ts';
import { parseConsumerRecord, parseStreamRecord } from './records.ts';
import { openStore } from './stream/create.ts';
import { Stream } from './stream/stream.ts';

export function recoverStreams(js: JsAccount): void {
  const startMs = js.clock.monotonicMs();
  const strange = (path: string, problem: string): void =>
    js.log.write('WRN', `JetStream: stream in '${path}' is left alone: ${problem}`);
  for (const folder of js.files.load(strange)) {
    try {
      recoverStream(js, folder);
    } catch (cause) {
      js.log.write('ERR', `JetStream: stream in '${folder.path}' cannot be opened and is left alone: ${String(cause)}`);
    }
  }
  // Consumers of one stream may wait for another one: all streams are there before any of them starts.
  for (const stream of js.streams.values()) stream.start();
  for (const stream of js.streams.values()) for (const consumer of stream.consumers.values()) consumer.start();
  if (js.streams.size > 0) {
    const ms = Math.round(js.clock.monotonicMs() - startMs);
    js.log.write('INF', `JetStream: ${js.streams.size} stream(s) of account '${js.account.name}' recovered in ${ms} ms`);
  }
}

function recoverStream(js: JsAccount, folder: FoundFolder): void {
  const record = parseStreamRecord(folder.content);
  if (record === undefined) {
    js.log.write('ERR', `JetStream: stream in '${folder.path}' is of an unknown format and is left alone`);
    return;
  }
  const { config, createdUs, identity } = record;
  if (js.streams.has(config.name)) {
    js.log.write('ERR', `JetStream: there is another stream '${config.name}' in '${folder.path}', which is left alone`);
    return;
  }
  if (folder.isConverted && folder.cipher !== undefined) {
    const cipher = cipherName(folder.cipher.kind);
    js.log.write('INF', `  Encrypting stream '${js.account.name} > ${config.name}' with ${cipher}, under the configured key`);
  }
  const store = openStore(js, config, folder);
  const stream = new Stream(js, config, { store, createdUs, identity });
  js.streams.set(config.name, stream);
  js.folders.set(stream, folder);
  const strange = (path: string): void =>
    js.log.write('WRN', `JetStream: consumer in '${path}' cannot be read and is left alone`);
  for (const { file, content } of js.files.loadConsumers(folder, strange)) {
    const found = parseConsumerRecord(content);
    if (found === undefined || stream.consumers.has(found.name)) {
      strange(folder.path);
      continue;
    }
    const start = { seq: found.snapshot?.nextSeq ?? store.state().firstSeq, skipList: undefined, resumeAt: 0 };
    const { name, snapshot } = found;
    stream.consumers.set(name, new Consumer(stream, found.config, { name, createdUs: found.createdUs, start, snapshot, file }));
  }
}
