/** The table of subjects does what a `Map` does, also when somebody makes subjects collide. */
import { describe, expect, it } from 'vitest';
import { SubjectNames } from '../../../src/jetstream/store/subject-names.ts';
import { SubjectTable } from '../../../src/jetstream/store/subject-table.ts';
import { SeededRandom } from '../../support/random.ts';

/** A table and a `Map`, changed alike. */
class Pair {
  readonly names: SubjectNames = new SubjectNames();
  readonly table: SubjectTable = new SubjectTable(this.names);
  readonly map: Map<string, number> = new Map();
  private readonly free: number[] = [];

  /** Puts subjects in as a checkpoint brings them: as bytes. */
  restore(subjects: readonly string[]): void {
    const bytes = Buffer.from(subjects.join(''), 'latin1');
    this.names.reserve(subjects.length, bytes.length);
    let at = 0;
    for (const subject of subjects) {
      const slot = this.names.restore(bytes, at, at + subject.length);
      this.table.addBytes(bytes, at, at + subject.length, slot);
      this.map.set(subject, slot);
      at += subject.length;
    }
  }

  add(subject: string): void {
    if (this.map.has(subject)) return;
    const slot = this.free.pop() ?? this.names.length;
    this.names.set(slot, subject);
    this.table.add(subject, slot);
    this.map.set(subject, slot);
  }

  delete(subject: string): void {
    this.table.delete(subject);
    const slot = this.map.get(subject);
    if (slot === undefined) return;
    this.map.delete(subject);
    this.names.set(slot, '');
    this.free.push(slot);
  }

  check(candidates: Iterable<string>): void {
    expect(this.table.size).toBe(this.map.size);
    for (const subject of candidates) {
      const slot = this.map.get(subject) ?? -1;
      expect(this.table.get(subject), subject).toBe(slot);
      const bytes = Buffer.from(`x ${subject} y`, 'latin1');
      expect(this.table.find(bytes, 2, 2 + subject.length), subject).toBe(slot);
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

describe('names of subjects', () => {
  it('are the same as text and as bytes', () => {
    const names = new SubjectNames();
    const subjects = ['a.b', 'é.ü', 'a.bc', ''];
    const bytes = Buffer.from(subjects.join(''), 'latin1');
    names.reserve(subjects.length, bytes.length);
    let at = 0;
    for (const subject of subjects) {
      names.restore(bytes, at, at + subject.length);
      at += subject.length;
    }
    for (const [slot, subject] of subjects.entries()) {
      for (const _asText of [false, true]) {
        const own = Buffer.from(`.${subject}.`, 'latin1');
        expect(names.isBytes(slot, own, 1, 1 + subject.length)).toBe(true);
        expect(names.isBytes(slot, own, 1, 2 + subject.length)).toBe(false);
        expect(names.isText(slot, subject)).toBe(true);
        expect(names.isText(slot, `${subject}x`)).toBe(false);
        expect(names.lengthOf(slot)).toBe(subject.length);
        const target = Buffer.alloc(8);
        expect(target.toString('latin1', 2, 2 + names.write(slot, target, 2))).toBe(subject);
        expect(names.textOf(slot)).toBe(subject);
      }
    }
    names.set(1, 'x');
    names.set(names.length, 'last');
    expect([0, 1, 2, 4].map((slot) => names.textOf(slot))).toEqual(['a.b', 'x', 'a.bc', 'last']);
    names.clear();
    expect([names.length, names.textOf(0)]).toEqual([5, '']);
  });
});

describe('a table of subjects', () => {
  it('holds what a Map holds, through additions and removals at random', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new SeededRandom(seed);
      const pair = new Pair();
      const names = Array.from({ length: 1 + random.below(200) }, (_, n) => `s.${n}.${random.below(10)}`);
      if (seed % 2 === 0) pair.restore(names.filter(() => random.chance(0.5)));
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
    pair.restore(names.slice(0, 300));
    for (const name of names) pair.add(name);
    expect(pair.table.isAttacked).toBe(true);
    for (const name of names.slice(0, 300)) pair.delete(name);
    pair.check(names);
  });
});
