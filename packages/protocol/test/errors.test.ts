/** The error table says what nats-server says. */
import { describe, expect, it } from 'vitest';
import { closedReasons, protocolErrors } from '../src/errors.ts';

describe('the -ERR table', () => {
  it('has the exact texts, and closes where the server closes', () => {
    const fixed = Object.values(protocolErrors).filter((entry) => typeof entry === 'object');
    const closing = fixed.filter((entry) => 'closedReason' in entry).map((entry) => entry.text);
    expect(closing).toEqual([
      'Unknown Protocol Operation',
      'maximum control line exceeded',
      'Maximum Payload Violation',
      'Authorization Violation',
      'Authentication Timeout',
      'User Authentication Expired',
      'Account Authentication Expired',
      'User Authentication Revoked',
      'Failed Account Registration',
      'maximum connections exceeded',
      'maximum account active connections exceeded',
      'invalid client protocol',
      'no responders requires headers support',
      'Stale Connection',
      'Secure Connection - TLS Required',
      'Connection throttling is active. Please try again later.',
    ]);
    const going = fixed.filter((entry) => !('closedReason' in entry)).map((entry) => entry.text);
    expect(going).toEqual(['maximum subscriptions exceeded', 'Invalid Subject', 'Invalid Publish Subject']);
  });

  it('puts subject, reply and queue between quotes', () => {
    expect(protocolErrors.publishViolation('a').text).toBe('Permissions Violation for Publish to "a"');
    expect(protocolErrors.replyViolation('r').text).toBe('Permissions Violation for Publish with Reply of "r"');
    expect(protocolErrors.subscriptionViolation('s', '').text).toBe('Permissions Violation for Subscription to "s"');
    expect(protocolErrors.subscriptionViolation('s', 'q').text).toBe(
      'Permissions Violation for Subscription to "s" using queue "q"',
    );
    expect(protocolErrors.tooManyTokens('a.b').text).toBe('Permissions Violation for Subscription to "a.b", too many tokens');
  });

  it('names each closed reason once, 37 in all', () => {
    const texts = Object.values(closedReasons);
    expect(texts).toHaveLength(37);
    expect(new Set(texts).size).toBe(37);
  });
});
