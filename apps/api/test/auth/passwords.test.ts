import { describe, expect, it } from 'vitest';
import { hashPassword, passwordProblem, verifyPassword } from '../../src/auth/passwords.ts';

describe('passwords', () => {
  it('verify against their own hash only, in any Unicode form', async () => {
    const stored = await hashPassword('Zürich café at noon');
    expect(stored).toMatch(/^scrypt\$15\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(await verifyPassword('Zürich café at noon'.normalize('NFD'), stored)).toBe(true);
    expect(await verifyPassword('Zürich café at nooN', stored)).toBe(false);
    expect(await hashPassword('Zürich café at noon')).not.toBe(stored);
  });

  it('of unknown users take as long as those of known ones', async () => {
    const stored = await hashPassword('some long password');
    const time = async (hash: string | undefined): Promise<number> => {
      const startedMs = performance.now();
      for (let round = 0; round < 3; round++) await verifyPassword('guess of something', hash);
      return performance.now() - startedMs;
    };
    await time(stored);
    const [known, unknown] = [await time(stored), await time(undefined)];
    expect(unknown / known).toBeGreaterThan(0.3);
    expect(unknown / known).toBeLessThan(3);
    expect(await verifyPassword('guess of something', undefined)).toBe(false);
  });

  it('that are damaged in the file are refused, not guessed at', async () => {
    for (const stored of ['', 'plain', 'scrypt$1$8$1$AAAA$AAAA', 'scrypt$15$8$1$AAAAAAAAAAAAAAAAAAAAAA$AAAA']) {
      await expect(verifyPassword('x', stored)).rejects.toThrow('damaged');
    }
  });

  it('may not be common, monotonous, or hold the name', () => {
    expect(passwordProblem('Password12345!', 'kim')).toBeDefined();
    expect(passwordProblem('aaaaaaaaaaaaaaaa', 'kim')).toBeDefined();
    expect(passwordProblem('the kimberley mine', 'kimberley')).toBeDefined();
    expect(passwordProblem('correct horse battery', 'kim')).toBeUndefined();
  });
});
