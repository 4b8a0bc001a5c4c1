/** JetStream of a server from its options: which accounts have it, and with what limits. */
import { totalmem } from 'node:os';
import { crc32 } from 'node:zlib';
import { formatDuration, matchesSubject } from '@sluice/protocol';
import { API_LEVEL, toByteText } from '@sluice/protocol/jetstream';
import { GLOBAL_ACCOUNT } from './account/accounts.ts';
import { describeRequester } from './client/describe-requester.ts';
import { FolderInUse } from './env/disk.ts';
import { mergedFeatureFlags } from './feature-flags.ts';
import { cipherName, type EncryptionOptions } from './jetstream/encryption.ts';
import { Engine } from './jetstream/engine.ts';
import { type JetStreamOptions, jetStreamDefaults } from './jetstream/limits.ts';
import { CipherKind } from './jetstream/store/cipher.ts';
import { policyText } from './jetstream/store/sync-policy.ts';
import {
  type JetStreamAccountLimits,
  type JetStreamEncryption,
  type JetStreamServerOptions,
  unlimitedAccount,
} from './options.ts';
import type { Server } from './server.ts';
import { sizeText } from './util/size-text.ts';
import { reportedVersion } from './version.ts';

/** Share of the machine's memory that streams may use unless the options say how much. */
const MEMORY_SHARE = 0.75;
/** What streams on disk may hold where the disk does not say how much is free: nats-server's guess. */
const GUESSED_STORE_BYTES = 1024 ** 4;
const NS_PER_MS = 1_000_000;
/** A server that was killed a moment ago, or is about to end, is waited for before its folder counts as in use. */
const FOLDER_PATIENCE_MS = 3000;
/** Servers of one machine that may run without a folder of their own. */
const MAX_UNNAMED_DIRS = 64;
const API_INFO = '$JS.API.INFO';

/** Starts JetStream and recovers what is on disk; undefined when it is off. */
export async function openJetStream(server: Server): Promise<Engine | undefined> {
  const { options, env } = server;
  if (options.jetstream === undefined) return undefined;
  const startMs = env.clock.monotonicMs();
  const wanted = resolve(options.jetstream, server);
  env.log.write('INF', 'Starting JetStream');
  if (isDynamic(options.jetstream)) {
    const room = `${sizeText(wanted.maxMemoryBytes)} memory, ${sizeText(wanted.maxStoreBytes)} disk`;
    env.log.write('DBG', `JetStream creating dynamic configuration - ${room}`);
  }
  const { storeDir, unlock } = await takeFolder(server, options.jetstream);
  const resolved = { ...wanted, storeDir };
  logOptions(server, resolved);
  const engine = new Engine({
    env,
    turn: server.turn,
    crc32: (bytes) => crc32(bytes),
    options: resolved,
    serverName: server.name,
    describeClient: (cid, account) => inByteText(describeRequester(server.clients.get(cid), account, true)),
    unlock,
  });
  try {
    if (server.systemAccount !== undefined) engine.addSystemAccount(server.systemAccount);
    const problem = enableJetStream(engine, server);
    const tookNs = Math.round((env.clock.monotonicMs() - startMs) * NS_PER_MS);
    env.log.write('INF', `Took ${formatDuration(tookNs)} to start JetStream`);
    if (problem === undefined) return engine;
    throw new Error(`Can't start JetStream: ${problem}`);
  } catch (error) {
    await engine.stop();
    throw error;
  }
}

/** Texts as JetStream keeps them. */
function inByteText(fields: object): object {
  return JSON.parse(toByteText(JSON.stringify(fields)));
}

function makeFolder({ env }: Server, storeDir: string): void {
  const folder = `${storeDir}/jetstream`;
  try {
    env.disk.mkdirSync(folder);
    env.disk.listSync(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const isNoFolder = code === 'EEXIST' || code === 'ENOTDIR';
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Can't start JetStream: ${isNoFolder ? 'storage directory is not a directory' : `could not create storage directory - ${reason}`}`,
    );
  }
}

/**
 * Two servers that write into one folder would destroy each other's streams. Where nobody has named it, two on one machine are common
 * (suites of clients start them so) and the second takes the next free folder beside it; a named one is waited for and then refused.
 */
async function takeFolder(server: Server, options: JetStreamServerOptions): Promise<{ storeDir: string; unlock: () => void }> {
  const { env } = server;
  const isUnnamed = options.isUnnamedDir === true;
  for (let number = 1; ; number++) {
    const storeDir = number === 1 ? options.storeDir : `${options.storeDir}-${number}`;
    makeFolder(server, storeDir);
    try {
      return { storeDir, unlock: await env.disk.lockFolder(`${storeDir}/jetstream`, isUnnamed ? 0 : FOLDER_PATIENCE_MS) };
    } catch (error) {
      if (!(error instanceof FolderInUse)) throw error;
      if (!isUnnamed || number >= MAX_UNNAMED_DIRS) throw new Error(`Can't start JetStream: storage directory ${error.message}`);
      env.log.write('WRN', `Storage directory ${error.message}; taking another one, for none is named by store_dir`);
    }
  }
}

/** True when the machine alone decides how much there may be. */
function isDynamic({ maxMemoryBytes = -1, maxStoreBytes = -1 }: JetStreamServerOptions): boolean {
  return maxMemoryBytes < 0 && maxStoreBytes < 0;
}

/** What a start of JetStream tells, in nats-server's words, and how messages are kept. */
function logOptions({ env }: Server, options: JetStreamOptions): void {
  const { sync } = options;
  const lines = [
    '---------------- JETSTREAM ----------------',
    ...(options.isStrict ? ['  Strict:          true'] : []),
    `  Max Memory:      ${sizeText(options.maxMemoryBytes)}`,
    `  Max Storage:     ${sizeText(options.maxStoreBytes)}`,
    `  Store Directory: "${options.storeDir}/jetstream"`,
    ...(options.domain === '' ? [] : [`  Domain:          ${options.domain}`]),
    ...(options.encryption === undefined ? [] : [`  Encryption:      ${cipherName(options.encryption.cipher)}`]),
    `  Durability:      ${policyText(sync)}`,
    `  API Level:       ${API_LEVEL}`,
    '-------------------------------------------',
  ];
  for (const line of lines) env.log.write('INF', line);
  env.log.write('DBG', '  Exports:');
  env.log.write('DBG', '     $JS.API.>');
}

/** What of JetStream's options may change while it runs. */
const RELOADABLE: readonly (keyof JetStreamServerOptions)[] = [
  'maxMemoryBytes',
  'maxStoreBytes',
  'maxAckPending',
  'maxRequestBatch',
  'duplicateWindowMs',
  'maxHaAssets',
  'maxBatchInflightPerStream',
  'maxBatchInflightTotal',
  'maxBatchMessages',
  'batchTimeoutMs',
];

/** True when a running JetStream can take the new options; it can be switched on and off, too. */
export function mayReloadJetStream(old: JetStreamServerOptions | undefined, next: JetStreamServerOptions | undefined): boolean {
  if (old === undefined || next === undefined) return true;
  const kept = (options: JetStreamServerOptions): string =>
    JSON.stringify(
      Object.entries(options)
        .filter(([key]) => !RELOADABLE.some((name) => name === key))
        .sort(),
    );
  return kept(old) === kept(next);
}

/** Takes new options into force. Room that the options do not name stays as it was measured at the start. */
export function reloadJetStream(engine: Engine, server: Server): void {
  const given = server.options.jetstream;
  if (given === undefined) return;
  const { maxMemoryBytes, maxStoreBytes } = engine.options;
  engine.options = {
    ...resolve({ maxMemoryBytes, maxStoreBytes, ...given }, server),
    ...(engine.options.encryption === undefined ? {} : { encryption: engine.options.encryption }),
  };
  const problem = enableJetStream(engine, server);
  if (problem !== undefined) server.env.log.write('ERR', problem);
}

/**
 * Gives every account what the options say: again after a reload, which may have added some. An account whose reservation does not fit
 * stays as it was; returns what there is to say of the first one.
 */
export function enableJetStream(engine: Engine, server: Server): string | undefined {
  let problem: string | undefined;
  for (const account of server.accounts.all()) {
    if (account === server.systemAccount) continue;
    const limits = limitsOf(account.name, server);
    const lacking = limits === undefined ? undefined : lackingRoom(engine, account.name, limits);
    if (lacking === undefined) engine.addAccount(account, limits, isApiImported(account.name, server));
    else problem ??= `Error enabling jetstream on configured accounts: insufficient ${lacking}`;
  }
  return problem;
}

/** What the server has too little of for these limits, beside what other accounts reserve; undefined when they fit. */
function lackingRoom({ accounts, options }: Engine, name: string, limits: JetStreamAccountLimits): string | undefined {
  let memoryBytes = Math.max(0, limits.maxMemoryBytes);
  let storeBytes = Math.max(0, limits.maxStoreBytes);
  for (const [other, { limits: reserved }] of accounts) {
    if (other === name) continue;
    memoryBytes += Math.max(0, reserved.maxMemoryBytes);
    storeBytes += Math.max(0, reserved.maxStoreBytes);
  }
  if (memoryBytes > options.maxMemoryBytes) return 'memory resources available (10028)';
  return storeBytes > options.maxStoreBytes ? 'storage resources available (10047)' : undefined;
}

/** True when requests to JetStream's API go to another account. Source: nats-server server/jetstream.go, imports that shadow. */
function isApiImported(name: string, { options }: Server): boolean {
  const imports = options.accounts.find((account) => account.name === name)?.imports ?? [];
  return imports.some(({ kind, subject, to }) => kind === 'service' && matchesSubject(API_INFO, to ?? subject));
}

/** Without accounts of its own the server has JetStream in the global one; else where an account says so. */
function limitsOf(name: string, { options }: Server): JetStreamAccountLimits | undefined {
  const configured = options.accounts.filter(
    (account) => account.name !== options.systemAccount && account.name !== GLOBAL_ACCOUNT,
  );
  const own = options.accounts.find((account) => account.name === name)?.jetstream;
  if (own !== undefined) return own;
  return name === GLOBAL_ACCOUNT && configured.length === 0 ? unlimitedAccount : undefined;
}

function encryptionOf({ key, previousKey, cipher }: JetStreamEncryption): EncryptionOptions {
  return {
    key,
    ...(previousKey === undefined ? {} : { previousKey }),
    cipher: cipher === 'aes' ? CipherKind.aes : CipherKind.chacha,
  };
}

/** Three quarters of what is free where the folder is; a terabyte where that cannot be told. */
function diskShare(server: Server, storeDir: string): number {
  const free = server.env.disk.freeBytesSync(storeDir);
  return free === undefined ? GUESSED_STORE_BYTES : Math.floor(free / 4) * 3;
}

function resolve(given: JetStreamServerOptions, server: Server): JetStreamOptions {
  const { options } = server;
  const orDefault = (value: number | undefined, fallback: number): number =>
    value === undefined || value < 0 ? fallback : value;
  const positive = (value: number | undefined, fallback: number): number =>
    value === undefined || value <= 0 ? fallback : value;
  const requestQueueLimit = positive(given.requestQueueLimit, jetStreamDefaults.requestQueueLimit);
  const { syncIntervalMs } = given;
  return {
    storeDir: given.storeDir,
    maxMemoryBytes: orDefault(given.maxMemoryBytes, Math.floor(totalmem() * MEMORY_SHARE)),
    maxStoreBytes: orDefault(given.maxStoreBytes, diskShare(server, given.storeDir)),
    domain: given.domain ?? '',
    isStrict: given.isStrict ?? true,
    sync: syncIntervalMs === undefined ? { kind: 'always' } : { kind: 'interval', intervalMs: syncIntervalMs },
    namesAckOwner: mergedFeatureFlags(options.featureFlags)['js_ack_fc_v2'] === true,
    maxAckPending: given.maxAckPending ?? jetStreamDefaults.maxAckPending,
    maxRequestBatch: given.maxRequestBatch ?? jetStreamDefaults.maxRequestBatch,
    maxHaAssets: given.maxHaAssets ?? 0,
    uniqueTag: given.uniqueTag ?? '',
    duplicateWindowNs: (given.duplicateWindowMs ?? 0) * NS_PER_MS,
    maxBatchInflightPerStream: given.maxBatchInflightPerStream ?? jetStreamDefaults.maxBatchInflightPerStream,
    maxBatchInflightTotal: given.maxBatchInflightTotal ?? jetStreamDefaults.maxBatchInflightTotal,
    maxBatchMessages: given.maxBatchMessages ?? jetStreamDefaults.maxBatchMessages,
    batchTimeoutMs: given.batchTimeoutMs ?? jetStreamDefaults.batchTimeoutMs,
    maxBufferedMessages: given.maxBufferedMessages ?? jetStreamDefaults.maxBufferedMessages,
    maxBufferedBytes: given.maxBufferedBytes ?? jetStreamDefaults.maxBufferedBytes,
    requestQueueLimit,
    infoQueueLimit: positive(given.infoQueueLimit, requestQueueLimit),
    maxPayloadBytes: options.maxPayloadBytes,
    serverVersion: reportedVersion,
    ...(given.encryption === undefined ? {} : { encryption: encryptionOf(given.encryption) }),
  };
}
