/** The tar in older snapshots: what pax says is understood, and nothing in it can take memory or choose a place. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidTar, TarReader } from '../../src/jetstream/snapshot/tar.ts';

function entry(name: string, content: string, type = '0'): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(Buffer.byteLength(content).toString(8).padStart(11, '0'), 124);
  header.write(type, 156);
  const body = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512);
  body.write(content);
  return Buffer.concat([header, body]);
}

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (`${length}${rest}`.length !== length) length = `${length}${rest}`.length;
  return `${length}${rest}`;
}

function read(archive: Buffer, pieceBytes = archive.length): string[] {
  const files: string[] = [];
  const reader = new TarReader(1000, (name, content) => files.push(`${name}=${content.toString()}`));
  for (let at = 0; at < archive.length; at += pieceBytes) reader.push(archive.subarray(at, at + pieceBytes));
  return files;
}

describe('a tar', () => {
  const long = `obs/${'n'.repeat(200)}/o.dat`;
  const archive = Buffer.concat([
    entry('PaxHeaders.0/a', paxRecord('mtime', '1.5') + paxRecord('path', long), 'x'),
    entry('short', 'A'),
    entry('global', paxRecord('comment', 'c'), 'g'),
    entry('b', 'B'),
    Buffer.alloc(1024),
  ]);

  it.each([1, 7, 512, 10_000])('gives its files with their pax names, in pieces of %i bytes', (pieceBytes) => {
    expect(read(archive, pieceBytes)).toEqual([`${long}=A`, 'b=B']);
  });

  it.each<[string, Buffer]>([
    ['a path out of it', entry('../../etc/passwd', 'x')],
    ['an absolute path', entry('/etc/passwd', 'x')],
    ['a path out of it by pax', Buffer.concat([entry('p', paxRecord('path', 'a/../../b'), 'x'), entry('a', 'x')])],
    ['a link', entry('a', '', '2')],
    ['a file that is too large', entry('a', 'x'.repeat(1001))],
    ['pax records of a wrong length', entry('p', '99 path=a\n', 'x')],
    ['pax records without a length', entry('p', 'path=a\n', 'x')],
  ])('is refused with %s', (_what, bad) => {
    expect(() => read(bad)).toThrow(InvalidTar);
  });

  it('of any bytes is read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(archive.length), (noise, at) => {
        const mixed = Buffer.concat([archive.subarray(0, at), Buffer.from(noise)]);
        try {
          read(mixed, 100);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidTar);
        }
      }),
      { numRuns: 500 },
    );
  });
});
