/**
 * Asks an outside service who a client is: a signed request is published in the account of the service, and the first answer counts.
 * Which answers are good and what follows from them is the caller's; this is the way there and back. Source: ADR-26; nats-server
 * server/auth_callout.go processClientOrLeafCallout.
 */
import type { KeyObject } from 'node:crypto';
import { encodePublicNkey } from '@sluice/protocol';
import type { Accounts } from '../../account/accounts.ts';
import { ask } from '../../account/ask.ts';
import type { Env } from '../../env/env.ts';
import type { AuthRefusal, AuthRequest, AuthResult, CalloutMark, Identity } from '../authenticator.ts';
import { hasKnownType } from '../connection-type.ts';
import { asTexts, type JwtClaims } from '../jwt/decode-jwt.ts';
import { encodeJwt } from '../jwt/encode-jwt.ts';
import { allowedUntil } from '../jwt/user-restrictions.ts';
import { type CalloutServer, requestClaims } from './auth-request.ts';
import { judgeResponse } from './auth-response.ts';
import { openBox, sealBox } from './sealed-box.ts';

/** Where services listen. */
export const CALLOUT_SUBJECT = '$SYS.REQ.USER.AUTH';
const AUDIENCE = 'nats-authorization-request';
const KEY_BYTES = 32;
const REPLY_TOKEN_BYTES = 12;
/** How every JWT begins: what does not is sealed. */
const JWT_START = 'eyJ';

/** The keys that name the server, with their private halves. */
interface ServerKeys {
  readonly id: string;
  readonly signingKey: KeyObject;
  readonly xkey: string;
  readonly curveKey: KeyObject;
}

/** What the server brings along. */
export interface CalloutParts {
  readonly env: Pick<Env, 'clock' | 'random' | 'log'>;
  readonly identity: ServerKeys;
  readonly accounts: Accounts;
  /** How reply subjects of this server begin. */
  readonly inboxPrefix: string;
  /** Asked for each request: a reload may change it. */
  readonly describe: () => Omit<CalloutServer, 'id'>;
  readonly timeoutMs: () => number;
}

/** Whom to ask about one client, and what the answer may say. */
export interface Callout {
  readonly request: AuthRequest;
  /** Account in which the service listens. */
  readonly account: string;
  /** Subject of the request: the account, or who signs answers. */
  readonly subject: string;
  /** Public curve key of the service, when requests are sealed. */
  readonly xkey: string | undefined;
  /** What the client's own JWT says of it. */
  readonly claimed: { readonly jwt: string; readonly user: string; readonly name: string; readonly tags: readonly string[] };
  readonly isKnownSigner: (key: string) => boolean;
  /** Account and permissions that the claims of the user lead to, or why they lead nowhere. */
  readonly place: (user: JwtClaims) => Placement | Promise<Placement>;
  /** Who the client is without the service, for the events that follow a refusal. */
  readonly seenAs?: Identity;
}

export type Placement =
  | { readonly ok: true; readonly identity: Pick<Identity, 'account' | 'permissions' | 'claims'> }
  | { readonly ok: false; readonly error: string };

export class Callouts {
  private readonly parts: CalloutParts;

  constructor(parts: CalloutParts) {
    this.parts = parts;
  }

  /** Settles when the answer is there, or when the time to authenticate is over. */
  async decide(callout: Callout): Promise<AuthResult> {
    const { clock, random } = this.parts.env;
    const userNkey = encodePublicNkey('user', random.bytes(KEY_BYTES));
    const timeoutMs = this.parts.timeoutMs();
    const answer = await ask(this.parts.accounts.ensure(callout.account), {
      subject: CALLOUT_SUBJECT,
      reply: `${this.parts.inboxPrefix}${Buffer.from(random.bytes(REPLY_TOKEN_BYTES)).toString('base64url')}`,
      ...this.render(callout, userNkey, timeoutMs),
      timeoutMs,
    });
    if (answer === undefined) return this.refuse(callout, '');
    if (answer.length === 0) {
      return this.refuse(callout, `Auth callout violation: "no reason supplied" on account "${callout.account}"`);
    }
    const opened = this.open(callout, answer);
    if (!opened.ok) return this.refuse(callout, opened.error);
    const judged = judgeResponse(opened.text, opened.isSealed, {
      userNkey,
      serverId: this.parts.identity.id,
      account: callout.account,
      nowS: clock.nowMs() / 1000,
      isKnownSigner: callout.isKnownSigner,
    });
    return judged.ok ? this.accept(callout, judged.user) : this.refuse(callout, judged.error);
  }

  private render(callout: Callout, userNkey: string, timeoutMs: number): { payload: Buffer; headers?: Uint8Array } {
    const { identity, env, describe } = this.parts;
    const issuedAt = Math.floor(env.clock.nowMs() / 1000);
    const { request, claimed, xkey } = callout;
    const jwt = encodeJwt(
      {
        audience: AUDIENCE,
        subject: callout.subject,
        issuedAt,
        expiresAt: Math.floor((env.clock.nowMs() + timeoutMs) / 1000),
        type: 'authorization_request',
        nats: requestClaims({
          server: { id: identity.id, ...describe() },
          xkey: xkey === undefined ? undefined : identity.xkey,
          userNkey,
          request,
          claimed,
        }),
      },
      identity.id,
      identity.signingKey,
    );
    const clear = Buffer.from(jwt, 'latin1');
    const payload = xkey === undefined ? clear : sealBox(clear, xkey, identity.curveKey, env.random);
    if (payload === undefined) throw new Error('assertion failed: the curve key of an auth callout was not checked');
    if (xkey === undefined) return { payload };
    return { payload, headers: Buffer.from(`NATS/1.0\r\nNats-Server-Xkey: ${identity.xkey}\r\n\r\n`, 'latin1') };
  }

  private open(
    { xkey, account }: Callout,
    answer: Buffer,
  ): { ok: true; text: string; isSealed: boolean } | { ok: false; error: string } {
    const text = answer.toString('latin1');
    if (xkey === undefined || text.startsWith(JWT_START)) return { ok: true, text, isSealed: false };
    const box = openBox(answer, xkey, this.parts.identity.curveKey);
    if (box.ok) return { ok: true, text: box.content.toString('latin1'), isSealed: true };
    return { ok: false, error: `Error decrypting auth callout response on account "${account}": ${box.error}` };
  }

  private async accept(callout: Callout, user: JwtClaims): Promise<AuthResult> {
    const { nats } = user;
    const { account } = callout;
    const nowMs = this.parts.env.clock.nowMs();
    const until = allowedUntil(nats['times'], nats['times_location'], nowMs);
    if (until === undefined) {
      const reason = `Authorized user on account "${account}" outside of valid connect times`;
      return { ...this.refuse(callout, reason), logged: 'Outside connect times' };
    }
    const types = asTexts(nats['allowed_connection_types']);
    if (types.length > 0 && !hasKnownType(types)) {
      return this.refuse(callout, `Authorized user on account "${account}" using invalid connection type`);
    }
    const placement = await callout.place(user);
    if (!placement.ok) return this.refuse(callout, placement.error);
    const mark: CalloutMark = { account, name: user.name };
    const timeMs = Math.min(until, user.expiresAt > 0 ? user.expiresAt * 1000 : Number.POSITIVE_INFINITY);
    return {
      ok: true,
      identity: {
        ...placement.identity,
        user: user.name,
        callout: mark,
        ...(Number.isFinite(timeMs) ? { expiry: { timeMs, of: 'user' } } : {}),
        ...(nats['proxy_required'] === true ? { proxyRequired: true } : {}),
      },
    };
  }

  /** Without an answer there is nothing to warn of. */
  private refuse({ account, seenAs }: Callout, reason: string): AuthRefusal {
    return {
      ok: false,
      reason: reason === '' ? 'no answer of the auth callout in time' : reason,
      told: { account, reason },
      ...(reason === '' ? {} : { warning: reason }),
      ...(seenAs === undefined ? {} : { seenAs }),
    };
  }
}
