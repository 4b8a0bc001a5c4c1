/** A small browser for tests against a listening console: keeps the cookie and the CSRF token. */
import type { SessionInfo } from '@sluice/protocol/console';

export class HttpClient {
  readonly base: string;
  #cookie = '';
  #csrf = '';

  constructor(base: string) {
    this.base = base;
  }

  get csrf(): string {
    return this.#csrf;
  }

  get cookie(): string {
    return this.#cookie;
  }

  async logIn(username: string, password: string): Promise<SessionInfo> {
    return this.#begin(await this.send('POST', '/api/session', { username, password }));
  }

  async setUp(token: string, username: string, password: string): Promise<SessionInfo> {
    return this.#begin(await this.send('POST', '/api/setup', { token, username, password }));
  }

  async #begin(response: Response): Promise<SessionInfo> {
    if (!response.ok) throw new Error(`not let in: ${response.status} ${await response.text()}`);
    this.#cookie = response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
    const info = (await response.json()) as SessionInfo;
    this.#csrf = info.csrfToken;
    return info;
  }

  send(method: string, path: string, body?: object): Promise<Response> {
    return fetch(`${this.base}${path}`, {
      method,
      headers: {
        origin: this.base,
        cookie: this.#cookie,
        'x-csrf-token': this.#csrf,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** Bytes as they are. */
  upload(path: string, body: Uint8Array, type = 'application/octet-stream'): Promise<Response> {
    const headers = { origin: this.base, cookie: this.#cookie, 'x-csrf-token': this.#csrf, 'content-type': type };
    return fetch(`${this.base}${path}`, { method: 'PUT', headers, body: new Uint8Array(body) });
  }

  /** The JSON of a good answer; throws with status and text otherwise. */
  async json<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await this.send(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
}
