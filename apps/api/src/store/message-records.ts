/**
 * Messages that people keep under a name in the workbench: each belongs to one console user and is seen by nobody else. Two edits of one
 * message do not overwrite each other unseen: a save may name the revision it replaces.
 */
import { createHash } from 'node:crypto';
import { SAVED_MESSAGES_MAX, type SavedMessage, type SavedMessageContent } from '@sluice/protocol/console';
import { savedMessageContentSchema } from '@sluice/protocol/console/schemas';
import Value from 'typebox/value';
import { HttpFailure } from '../http-failure.ts';
import { stringAt } from '../nats/json-fields.ts';
import type { StateAccount } from './state-account.ts';
import { type BucketEntry, keyOf, StateBucket } from './state-bucket.ts';

const MAX_BYTES = 134_217_728;
/** The same message may be saved from two windows at once this often. */
const MAX_TRIES = 5;

export class MessageRecords {
  readonly #bucket: StateBucket;

  constructor(state: StateAccount) {
    this.#bucket = new StateBucket(state, {
      name: 'messages',
      description: 'Messages saved in the workbench',
      maxBytes: MAX_BYTES,
    });
  }

  ensure(): Promise<void> {
    return this.#bucket.ensure();
  }

  /** What a user has saved, in order of name. */
  async of(username: string): Promise<SavedMessage[]> {
    const { entries } = await this.#bucket.load(`${keyOf(username)}.>`);
    return entries
      .flatMap((entry) => readMessage(entry) ?? [])
      .sort((a, b) => a.name.localeCompare(b.name) || (a.name < b.name ? -1 : 1));
  }

  /** Saves under a name. Throws 409 when `expectedRevision` (0: there is none yet) is not what is there, or when there are too many. */
  async save(
    username: string,
    name: string,
    content: SavedMessageContent,
    expectedRevision: number | undefined,
  ): Promise<SavedMessage> {
    const key = keyFor(username, name);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const found = await this.#bucket.find(key);
      mustBe(name, found?.value === undefined ? 0 : found.revision, expectedRevision);
      if (found?.value === undefined && (await this.of(username)).length >= SAVED_MESSAGES_MAX)
        throw new HttpFailure('conflict', `at most ${SAVED_MESSAGES_MAX} saved messages; delete one first`);
      const stored = await this.#bucket.put(key, { name, content }, { subjectSeq: found?.revision ?? 0 });
      if (stored.ok) return { name, revision: stored.seq, content };
    }
    throw new HttpFailure('conflict', `${name} is being saved from somewhere else; try again`);
  }

  /** Throws 404 when there is none of that name, 409 when it has another revision. */
  async remove(username: string, name: string, expectedRevision: number | undefined): Promise<void> {
    const key = keyFor(username, name);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const found = await this.#bucket.find(key);
      if (found?.value === undefined) throw new HttpFailure('not_found', `there is no saved message ${name}`);
      mustBe(name, found.revision, expectedRevision);
      if ((await this.#bucket.remove(key, { subjectSeq: found.revision })).ok) return;
    }
    throw new HttpFailure('conflict', `${name} is being saved from somewhere else; try again`);
  }

  /** The user is gone: nobody else may find what was saved. */
  async removeAllOf(username: string): Promise<void> {
    const { entries } = await this.#bucket.load(`${keyOf(username)}.>`);
    for (const { key } of entries) await this.#bucket.remove(key);
  }
}

/** Names are any text, keys are not. */
function keyFor(username: string, name: string): string {
  return `${keyOf(username)}.${createHash('sha256').update(name).digest('base64url')}`;
}

function mustBe(name: string, revision: number, expected: number | undefined): void {
  if (expected === undefined || expected === revision) return;
  const found = revision === 0 ? 'it is not there' : `it is at ${revision}`;
  throw new HttpFailure('conflict', `${name} was changed meanwhile: you expected revision ${expected}, ${found}`);
}

function readMessage({ value, revision }: BucketEntry): SavedMessage | undefined {
  const { content } = value;
  if (!Value.Check(savedMessageContentSchema, content)) return undefined;
  return { name: stringAt(value, 'name'), revision, content };
}
