/**
 * Random configurations, put to a real nats-server and to us: the same digest or the same error. Runs only where there is a nats-server
 * 2.15 or newer; the seed is fixed, so that a difference is found again.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson, parseConfig } from '@sluice/protocol/config';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { findReference } from '../conformance/reference.ts';

const reference = findReference();
const folder = mkdtempSync(join(tmpdir(), 'sluice-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const atoms = fc.constantFrom(
  ...[
    'server_name',
    'server_tags',
    'host',
    'debug',
    '$V',
    ':',
    '=',
    ' ',
    '\n',
    '{',
    '}',
    '[',
    ']',
    ',',
    ';',
    '"',
    "'",
    '#',
    '//',
    '(',
    ')',
  ],
  ...[
    '\n)',
    '\\',
    '\\n',
    '\\x41',
    '1',
    '-1',
    '1.5',
    '1k',
    '1Kib',
    '127.0.0.1:4',
    'true',
    'é',
    '\r\n',
    '\t',
    'x',
    'server_tags: [a, "b"]\n',
  ],
);

/** The digest, the error of the parser, or undefined where keys are judged: that is another test's matter. */
function fromReference(text: string): string | undefined {
  writeFileSync(join(folder, 'c.conf'), text);
  const env = { ...process.env, V: '"env"' };
  const { stderr } = spawnSync(reference ?? '', ['-t', '-c', 'c.conf'], { cwd: folder, encoding: 'utf8', env });
  const digest = /sha256:([0-9a-f]{64})/.exec(stderr)?.[1];
  if (digest !== undefined) return digest;
  return /c\.conf:\d+:\d+: |no values or is empty/.test(stderr) ? undefined : stderr.replace('nats-server: ', '').trim();
}

function fromUs(text: string): string {
  const sources = {
    readFile: (path: string) => ({ ok: false as const, error: `open ${path}: no such file or directory` }),
    lookupEnv: (name: string) => (name === 'V' ? '"env"' : undefined),
  };
  const result = parseConfig(text, { file: 'c.conf', sources });
  if (!result.ok) return result.error.message;
  return createHash('sha256')
    .update(`${canonicalJson(result.document.root)}\n`)
    .digest('hex');
}

describe('a random configuration', () => {
  it.skipIf(reference === undefined)('means the same to nats-server (needs NATS_SERVER_BIN)', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.array(atoms, { minLength: 1, maxLength: 14 }), (parts) => {
        const text = `server_name: z\n${parts.join('')}`;
        const theirs = fromReference(text);
        if (theirs !== undefined) expect(fromUs(text)).toBe(theirs);
      }),
      { numRuns: 300, seed: 20_261_124 },
    );
  });
});
