/**
 * Sessions on disk, so that a restarted console knows who is logged in. The key is the hash of the cookie, never the cookie; what nobody
 * has renewed for as long as a session may last goes by itself.
 */

import type { Role } from '@sluice/protocol/console';
import { type JsonRecord, numberAt, stringAt } from '../nats/json-fields.ts';
import type { StateAccount } from './state-account.ts';
import { StateBucket } from './state-bucket.ts';
import { isRole } from './user-records.ts';

const MAX_BYTES = 33_554_432;

export interface SessionRecord {
  readonly publicId: string;
  readonly username: string;
  readonly role: Role;
  readonly address: string;
  readonly userAgent: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly lastSeenAtMs: number;
  /** `updatedAtMs` of the user: a session of an earlier state is over. */
  readonly userUpdatedAtMs: number;
}

export class SessionRecords {
  readonly #bucket: StateBucket;

  constructor(state: StateAccount, ttlMs: number) {
    const description = 'Who is logged in to the console, by the hash of the cookie';
    this.#bucket = new StateBucket(state, { name: 'sessions', description, maxBytes: MAX_BYTES, ttlMs });
  }

  ensure(): Promise<void> {
    return this.#bucket.ensure();
  }

  /** Every session by the hash of its cookie; what cannot be read is no session. */
  async load(): Promise<[hash: string, record: SessionRecord][]> {
    const { entries } = await this.#bucket.load();
    return entries.flatMap(({ key, value }) => {
      const record = readRecord(value);
      return record === undefined ? [] : [[key, record]];
    });
  }

  async put(hash: string, record: SessionRecord): Promise<void> {
    await this.#bucket.put(hash, record);
  }

  async remove(hash: string): Promise<void> {
    await this.#bucket.remove(hash);
  }
}

function readRecord(value: JsonRecord): SessionRecord | undefined {
  const role = value['role'];
  if (!isRole(role) || stringAt(value, 'username') === '' || numberAt(value, 'expiresAtMs') === 0) return undefined;
  return {
    publicId: stringAt(value, 'publicId'),
    username: stringAt(value, 'username'),
    role,
    address: stringAt(value, 'address'),
    userAgent: stringAt(value, 'userAgent'),
    createdAtMs: numberAt(value, 'createdAtMs'),
    expiresAtMs: numberAt(value, 'expiresAtMs'),
    lastSeenAtMs: numberAt(value, 'lastSeenAtMs'),
    userUpdatedAtMs: numberAt(value, 'userUpdatedAtMs'),
  };
}
