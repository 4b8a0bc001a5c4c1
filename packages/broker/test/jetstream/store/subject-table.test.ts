/** The table of subjects does what a `Map` does, also when somebody makes subjects collide. */
import { describe, expect, it } from 'vitest';
import { SubjectTable } from '../../../src/jetstream/store/subject-table.ts';
import { SeededRandom } from '../../support/random.ts';

/** A table and a `Map`, changed alike. */
class Pair {
  readonly subjects: string[] = [];
  readonly table: SubjectTable = new SubjectTable(this.subjects);
  readonly map: Map<string, number> = new Map();
  private readonly free: number[] = [];

  add(subject: string): void {
    if (this.map.has(subject)) return;
    const slot = this.free.pop() ?? this.subjects.length;
    this.subjects[slot] = subject;
    this.table.add(subject, slot);
    this.map.set(subject, slot);
  }

  delete(subject: string): void {
    this.table.delete(subject);
    const slot = this.map.get(subject);
    if (slot === undefined) return;
    this.map.delete(subject);
    this.subjects[slot] = '';
    this.free.push(slot);
  }

  check(candidates: Iterable<string>): void {
    expect(this.table.size).toBe(this.map.size);
    for (const subject of candidates) {
      const slot = this.map.get(subject) ?? -1;
      expect(this.table.get(subject), subject).toBe(slot);
      const bytes = Buffer.from(`x ${subject} y`, 'latin1');
      // A `Map` is asked for text only.
      expect(this.table.find(bytes, 2, 2 + subject.length), subject).toBe(this.table.isAttacked ? -1 : slot);
    }
  }
}

/** Subjects whose hash is the same in its low bits, found by trying. */
function colliding(count: number): string[] {
  const hash = (subject: string): number => {
    let value = subject.length;
    for (const letter of subject) value = Math.imul(value ^ letter.charCodeAt(0), 0x01000193);
    value = Math.imul(value ^ (value >>> 15), 0x85ebca6b);
    return value ^ (value >>> 13);
  };
  const found: string[] = [];
  for (let n = 0; found.length < count; n++) if ((hash(`c.${n}`) & 2047) === 0) found.push(`c.${n}`);
  return found;
}

describe('a table of subjects', () => {
  it('holds what a Map holds, through additions and removals at random', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new SeededRandom(seed);
      const pair = new Pair();
      const names = Array.from({ length: 1 + random.below(200) }, (_, n) => `s.${n}.${random.below(10)}`);
      for (let step = 0; step < 600; step++) {
        const name = names[random.below(names.length)] as string;
        if (random.chance(0.55)) pair.add(name);
        else pair.delete(name);
        if (step % 50 === 0) pair.check(names);
      }
      pair.check(names);
    }
  });

  it('keeps many subjects, and none of them after it was cleared', () => {
    const pair = new Pair();
    const names = Array.from({ length: 20_000 }, (_, n) => `device.${n}.temperature`);
    for (const name of names) pair.add(name);
    pair.check(names);
    expect(pair.table.isAttacked).toBe(false);
    pair.table.clear();
    expect(pair.table.get('device.1.temperature')).toBe(-1);
  });

  it('becomes a Map when subjects collide by intention', () => {
    const pair = new Pair();
    const names = colliding(600);
    for (const name of names) pair.add(name);
    expect(pair.table.isAttacked).toBe(true);
    for (const name of names.slice(0, 300)) pair.delete(name);
    pair.check(names);
  });
});
