import { fileBench, memoryStore, streamCipher } from './store-bench.ts';
import { storeCases } from './store-cases.ts';

storeCases('memory', (options) => memoryStore(options));
storeCases('file, fsync before ack,', (options) => fileBench(options).open());
storeCases('file, lazy,', (options) => fileBench({ ...options, policy: { kind: 'interval', intervalMs: 120_000 } }).open());
storeCases('file, hardly any index memory,', (options) =>
  fileBench({ ...options, segmentBytes: 1024, indexBudgetBytes: 1 }).open(),
);
storeCases('file, encrypted,', (options) => fileBench({ ...options, cipher: streamCipher() }).open());
