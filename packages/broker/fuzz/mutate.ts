/** Changes of the kinds that break parsers: cut, doubled, filled, flipped, and numbers that are no sizes. */
import type { SeededRandom } from '../test/support/random.ts';

const NUMBERS = ['0', '-1', '2147483647', '4294967296', '9007199254740993', '18446744073709551615', '1e9', '0x10', '٣'];

/** One to four changes of the kinds that break parsers. */
export function mutatedText(text: Buffer, random: SeededRandom): Buffer {
  let bytes: Buffer = Buffer.from(text);
  for (let count = 1 + random.below(4); count > 0; count--) bytes = mutateOnce(bytes, random);
  return bytes;
}

function mutateOnce(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length + 1);
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (random.below(9)) {
    case 0:
      return Buffer.concat([head, tail.subarray(1)]);
    case 1:
      return Buffer.concat([head, random.bytes(1 + random.below(8)), tail]);
    case 2:
      return Buffer.concat([head, Buffer.of((tail[0] ?? 0) ^ (1 << random.below(8))), tail.subarray(1)]);
    case 3:
      return Buffer.concat([head, Buffer.from(random.pick(NUMBERS)), tail]);
    case 4:
      return Buffer.from(bytes.toString('latin1').replace(/\d+/, random.pick(NUMBERS)), 'latin1');
    case 5:
      return Buffer.concat([bytes, bytes.subarray(random.below(bytes.length + 1))]);
    case 6:
      return Buffer.concat([
        head,
        Buffer.from(random.pick([' ', '\t', '\r', '\n', '\r\n', '.', '*', '>', '\0', '"', '{', '}'])),
        tail,
      ]);
    case 7:
      return Buffer.concat([head, Buffer.alloc(random.below(5000), random.pick(['a', '.', ' ', '\n'])), tail]);
    default:
      return Buffer.from(head);
  }
}
