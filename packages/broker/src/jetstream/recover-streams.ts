/**
 * Streams and consumers from disk, at the start. What cannot be read is told about and left as it is: nothing is destroyed on doubt,
 * and one damaged stream keeps no other from starting.
 */
import { formatDuration, goQuote, NS_PER_MS } from '@sluice/protocol';
import { fromByteText } from '@sluice/protocol/jetstream';
import type { FoundFolder } from './account-files.ts';
import { Consumer } from './consumer/consumer.ts';
import { cipherName } from './encryption.ts';
import { momentOf } from './infos.ts';
import type { JsAccount } from './js-account.ts';
import { parseConsumerRecord, parseStreamRecord } from './records.ts';
import { openStore } from './stream/create.ts';
import { Stream } from './stream/stream.ts';

export function recoverStreams(js: JsAccount): void {
  const strange = (path: string, problem: string): void =>
    js.log.write('WRN', `JetStream: stream in '${path}' is left alone: ${problem}`);
  const found = [...js.files.load(strange)];
  if (found.length > 0) js.log.write('DBG', `Recovering JetStream state for account ${goQuote(js.account.name)}`);
  for (const folder of found) {
    try {
      recoverStream(js, folder);
    } catch (cause) {
      js.log.write('ERR', `JetStream: stream in '${folder.path}' cannot be opened and is left alone: ${String(cause)}`);
    }
  }
  // Consumers of one stream may wait for another one: all streams are there before any of them starts.
  for (const stream of js.streams.values()) stream.start();
  for (const stream of js.streams.values()) for (const consumer of stream.consumers.values()) startRecovered(consumer);
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
  const name = fromByteText(`'${js.account.name} > ${config.name}'`);
  const startMs = js.clock.monotonicMs();
  js.log.write('INF', `  Starting restore for stream ${name}`);
  const store = openStore(js, config, folder);
  const took = formatDuration(Math.round(js.clock.monotonicMs() - startMs) * NS_PER_MS);
  js.log.write('INF', `  Restored ${store.state().messages} messages for stream ${name} in ${took}`);
  const stream = new Stream(js, config, { store, createdUs, identity });
  js.streams.set(config.name, stream);
  js.folders.set(stream, folder);
  const strange = (path: string): void =>
    js.log.write('WRN', `JetStream: consumer in '${path}' cannot be read and is left alone`);
  const consumers = [...js.files.loadConsumers(folder, strange)];
  if (consumers.length > 0) js.log.write('INF', `  Recovering ${consumers.length} consumers for stream - ${name}`);
  for (const { file, content } of consumers) {
    const found = parseConsumerRecord(content);
    if (found === undefined || stream.consumers.has(found.name)) {
      strange(folder.path);
      continue;
    }
    const start = { seq: found.snapshot?.nextSeq ?? store.state().firstSeq, skipList: undefined, resumeAt: 0 };
    const { snapshot } = found;
    stream.consumers.set(
      found.name,
      new Consumer(stream, found.config, { name: found.name, createdUs: found.createdUs, start, snapshot, file }),
    );
  }
}

function startRecovered(consumer: Consumer): void {
  consumer.start();
  consumer.recovered = momentOf(consumer);
}
