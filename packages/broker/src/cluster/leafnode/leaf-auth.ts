/**
 * Who a leaf node is. Credentials in the `leafnodes` block are the only ones that count where there are some; otherwise a leaf node comes
 * as a user of the server. Source: nats-server server/auth.go isLeafNodeAuthorized.
 */
import { GLOBAL_ACCOUNT } from '../../account/accounts.ts';
import type { AuthRequest, AuthResult } from '../../auth/authenticator.ts';
import { BcryptChecker } from '../../auth/bcrypt-checker.ts';
import { isSignedBy } from '../../auth/nkey-signature.ts';
import { PasswordChecker } from '../../auth/password.ts';
import type { LeafListenOptions, LeafUserOptions } from '../../options.ts';
import type { Server } from '../../server.ts';

const refused = (reason: string): AuthResult => ({ ok: false, reason });

export class LeafAuthenticator {
  private readonly server: Server;
  private readonly nkey: { readonly key: string; readonly account: string } | undefined;
  private readonly users: ReadonlyMap<string, LeafUserOptions>;
  private readonly bcrypt: BcryptChecker;
  private readonly passwords: PasswordChecker;

  constructor(server: Server, { user, password = '', nkey, account, users = [] }: Partial<LeafListenOptions>) {
    this.server = server;
    this.nkey = nkey === undefined ? undefined : { key: nkey, account: account ?? GLOBAL_ACCOUNT };
    const single = user === undefined ? [] : [{ user, password, ...(account === undefined ? {} : { account }) }];
    const all = single.length > 0 ? single : users;
    this.users = new Map(all.map((one) => [one.user, one]));
    this.bcrypt = new BcryptChecker(server.env.random);
    this.passwords = new PasswordChecker(
      this.bcrypt,
      all.map((one) => one.password),
    );
  }

  authenticate(request: AuthRequest): AuthResult | Promise<AuthResult> {
    const { connect, nonce, peer } = request;
    const isOpen = this.users.size === 0 && this.nkey === undefined;
    if (isOpen) {
      const { authenticator } = this.server;
      return authenticator.isRequired
        ? this.limited(request, () => authenticator.authenticate(request))
        : authenticator.authenticate(request);
    }
    if (this.users.size === 0 && this.nkey !== undefined) {
      const { key, account } = this.nkey;
      const isRight = connect.nkey === key && isSignedBy(key, nonce, connect.sig ?? '');
      return isRight ? accepted(key, account) : refused('nkey of leaf node');
    }
    return this.limited({ ...request, peer }, () => this.checkPassword(connect.user ?? '', connect.pass ?? ''));
  }

  private checkPassword(name: string, given: string): AuthResult | Promise<AuthResult> {
    const user = this.users.get(name);
    const settle = (isRight: boolean): AuthResult =>
      isRight && user !== undefined ? accepted(user.user, user.account ?? GLOBAL_ACCOUNT) : refused('password of leaf node');
    const answer = this.passwords.matches(user?.password, given);
    return typeof answer === 'boolean' ? settle(answer) : answer.then(settle);
  }

  /** Guesses are as few as those of clients from one address. */
  private limited({ peer, connect }: AuthRequest, ask: () => AuthResult | Promise<AuthResult>): AuthResult | Promise<AuthResult> {
    const { guesses } = this.server;
    const attempt = guesses.begin(peer.address, connect);
    if (attempt === undefined) return refused('too many wrong credentials');
    const settle = (result: AuthResult): AuthResult => {
      if (result.ok) guesses.succeed(attempt);
      return result;
    };
    const answer = ask();
    return answer instanceof Promise ? answer.then(settle) : settle(answer);
  }

  stop(): Promise<void> {
    return this.bcrypt.stop();
  }
}

function accepted(user: string, account: string): AuthResult {
  return { ok: true, identity: { user, account, permissions: undefined } };
}
