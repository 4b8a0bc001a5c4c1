/** A certificate and its key are looked at when the configuration is read; the texts are those of Go. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { keyPairProblem } from '../../src/config/tls-key-pair.ts';

const folder = new URL('../tls/certificates/', import.meta.url);
const files: Record<string, string> = {
  empty: 'nothing',
  request: '-----BEGIN CERTIFICATE REQUEST-----\nAA==\n-----END CERTIFICATE REQUEST-----\n',
};
for (const name of ['server.pem', 'server-key.pem', 'client-key.pem']) files[name] = readFileSync(new URL(name, folder), 'utf8');
const readFile = (path: string) => {
  const text = files[path];
  return text === undefined
    ? ({ ok: false, error: `open ${path}: no such file or directory` } as const)
    : ({ ok: true, text } as const);
};

describe('a certificate and its key', () => {
  it.each([
    ['server.pem', 'server-key.pem', undefined],
    ['server.pem', 'client-key.pem', 'tls: private key does not match public key'],
    ['none', 'server-key.pem', 'open none: no such file or directory'],
    ['server.pem', 'none', 'open none: no such file or directory'],
    ['empty', 'server-key.pem', 'tls: failed to find any PEM data in certificate input'],
    ['server.pem', 'empty', 'tls: failed to find any PEM data in key input'],
    [
      'server-key.pem',
      'server.pem',
      'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched',
    ],
    ['server.pem', 'server.pem', 'tls: found a certificate rather than a key in the PEM for the private key'],
    [
      'request',
      'server-key.pem',
      'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [CERTIFICATE REQUEST]',
    ],
  ])('%s with %s', (cert, key, problem) => {
    expect(keyPairProblem(cert, key, { readFile })).toBe(problem);
  });
});
