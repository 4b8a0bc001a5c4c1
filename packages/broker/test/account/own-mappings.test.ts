/** The server's own mappings of an account (domains of JetStream) beside those of its configuration. */
import { describe, expect, it } from 'vitest';
import { Account } from '../../src/account/account.ts';
import { OutputTurn } from '../../src/connection/output-turn.ts';
import type { MappingOptions } from '../../src/options.ts';
import { Router } from '../../src/routing/router.ts';
import { ManualClock } from '../support/manual-clock.ts';

const mapping = (source: string, destination: string): MappingOptions => ({
  source,
  destinations: [{ destination, weight: 100 }],
});

describe('mappings of the server itself', () => {
  it('stand behind those of the configuration, and go with their origin', () => {
    const account = new Account(
      { name: 'A', mappings: [mapping('a.*', 'configured')] },
      new OutputTurn(new ManualClock()),
      new Router(1),
    );
    const map = (subject: string): string | undefined => account.mappings?.map(subject, () => 0);
    account.setOwnMappings('domain', [mapping('a.*', 'own'), mapping('b', 'own')]);
    expect([map('a.x'), map('b'), map('c')]).toEqual(['configured', 'own', 'c']);
    account.configure({ name: 'A' });
    expect([map('a.x'), map('b')]).toEqual(['own', 'own']);
    account.setOwnMappings('domain', []);
    expect(account.mappings).toBeNull();
  });
});
