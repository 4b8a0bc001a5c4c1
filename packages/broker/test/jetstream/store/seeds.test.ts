/** Random lives that once found a fault, each under the name of what was wrong. */
import { describe, it } from 'vitest';
import { cutsWith, flipWith } from './random-life.ts';

describe('a power cut', () => {
  it.each([
    ['after an erased message’s segment was written anew: the message that lies there now is not overwritten', 4],
    ['in the middle of overwriting an erased message: its tombstone says that nothing was lost', 343],
    ['in the middle of overwriting an erased message at the end of the log: that is no torn end', 781],
    ['after which a complete segment is the last one: it takes no appends that a checkpoint would hide', 829],
    ['that leaves an old checkpoint alone: what it knew and was removed since is no loss', 20_478],
  ])('%s', async (_name, seed) => {
    await cutsWith({ kind: 'always' }, seed);
  });
});

describe('a rotten bit', () => {
  it.each([10, 14, 26, 40, 114])('whose loss was found stays reported after the next start (%i)', async (seed) => {
    await flipWith(seed);
  });
});
