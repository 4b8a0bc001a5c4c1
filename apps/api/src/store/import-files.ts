/**
 * Takes in what an earlier Sluice kept in files: users and audit log. Done once: a note in the bucket `meta` says so before the files are
 * renamed. A start that died on the way goes on where it stopped; a user is taken in only where there is none of that name, and a line of
 * the audit log, broken or not, only where the stream does not have it, so that its chain of hashes says what it said before.
 */
import { createReadStream } from 'node:fs';
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { syncFolder } from './atomic-file.ts';
import { parseAuditLine } from './audit-chain.ts';
import type { AuditStream } from './audit-stream.ts';
import type { StoredUser } from './console-store.ts';
import type { StateAccount } from './state-account.ts';
import { StateBucket } from './state-bucket.ts';
import { isStoredUser, type UserRecords } from './user-records.ts';

const USERS_FILE = 'users.json';
const ACTIVE_AUDIT = 'audit.jsonl';
const CLOSED_AUDIT = /^audit-\d{12}\.jsonl$/;
const META_MAX_BYTES = 1_048_576;
/** Lines on their way at the same time. */
const BATCH = 256;
/** Put behind the name of a file that has been taken in. */
const DONE = '.migrated';

export interface ImportOptions {
  readonly folder: string;
  readonly state: StateAccount;
  readonly users: UserRecords;
  readonly audit: AuditStream;
  onNotice(text: string): void;
  /** Called now and then: a long log takes a while. */
  onProgress(): void;
}

/** Opens what users and audit are kept in, with the contents of the files. Rejects when `users.json` is damaged. */
export async function importFiles({ folder, state, users, audit, onNotice, onProgress }: ImportOptions): Promise<void> {
  const meta = new StateBucket(state, {
    name: 'meta',
    description: 'What the console has done to its state',
    maxBytes: META_MAX_BYTES,
  });
  await meta.ensure();
  const files = await oldFiles(folder);
  const isDone = (await meta.find('files-imported'))?.value !== undefined;
  if (isDone) {
    await users.open();
    await audit.ensure(1);
    await retire(folder, files, onNotice);
    return;
  }
  const known = await readUsers(folder, files);
  const firstSeq = await firstSeqOf(folder, files);
  await audit.ensure(firstSeq);
  const lines = await adoptAudit(auditLines(folder, files), audit, { firstSeq, onProgress });
  await users.open();
  for (const user of known)
    await users.change((all) => (all.has(user.username) ? { result: undefined } : { put: user, result: undefined }));
  await meta.put('files-imported', { files });
  await retire(folder, files, () => undefined);
  if (files.length > 0)
    onNotice(`took in ${known.length} users and ${lines} audit entries; the old files are now called *${DONE}`);
}

/** Names of the files, audit logs oldest first. */
async function oldFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  const isOld = (name: string): boolean => name === USERS_FILE || name === ACTIVE_AUDIT || CLOSED_AUDIT.test(name);
  const rank = (name: string): string => (name === ACTIVE_AUDIT ? 'b' : `a${name}`);
  return names.filter(isOld).sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/** Renames what has been taken in. A file whose name is taken already was put there later: it is left alone and told about. */
async function retire(folder: string, files: readonly string[], onNotice: (text: string) => void): Promise<void> {
  const names = new Set(await readdir(folder));
  for (const file of files) {
    if (names.has(`${file}${DONE}`)) onNotice(`${join(folder, file)} is not read: users and audit live in JetStream now`);
    else await rename(join(folder, file), join(folder, `${file}${DONE}`));
  }
  await syncFolder(folder);
}

async function readUsers(folder: string, files: readonly string[]): Promise<StoredUser[]> {
  if (!files.includes(USERS_FILE)) return [];
  const path = join(folder, USERS_FILE);
  const root: unknown = JSON.parse(await readFile(path, 'utf8'));
  const list = typeof root === 'object' && root !== null && 'users' in root ? root.users : undefined;
  if (!Array.isArray(list) || !list.every(isStoredUser)) throw new Error(`${path} is damaged: it does not hold a list of users`);
  return list;
}

async function firstSeqOf(folder: string, files: readonly string[]): Promise<number> {
  for await (const line of auditLines(folder, files)) return parseAuditLine(line)?.seq ?? 1;
  return 1;
}

/** Stores the lines that the stream does not have yet, many at a time; how many there are in all. */
async function adoptAudit(
  lines: AsyncIterable<string>,
  audit: AuditStream,
  { firstSeq, onProgress }: { firstSeq: number; onProgress: () => void },
): Promise<number> {
  let { lastSeq } = await audit.streamState();
  const adopted = lastSeq - (firstSeq - 1);
  let count = 0;
  let batch: string[] = [];
  const store = async (): Promise<void> => {
    await Promise.all(batch.map((line, index) => audit.adopt(line, lastSeq + index)));
    lastSeq += batch.length;
    batch = [];
    onProgress();
  };
  for await (const line of lines) {
    count += 1;
    if (count <= adopted) continue;
    batch.push(line);
    if (batch.length >= BATCH) await store();
  }
  await store();
  return count;
}

/** Lines of all audit files, oldest first; one that a crash left unfinished at the very end was never an entry. */
async function* auditLines(folder: string, files: readonly string[]): AsyncIterable<string> {
  let held: string | undefined;
  for (const name of files.filter((file) => file !== USERS_FILE)) {
    const input = createReadStream(join(folder, name), 'utf8');
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (held !== undefined) yield held;
      held = line;
    }
  }
  if (held !== undefined && parseAuditLine(held) !== undefined) yield held;
}
