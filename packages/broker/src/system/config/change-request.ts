/** The JSON of a ConfigChange, checked for form: what is wrong is said with a pointer to it. Meaning is checked in `plan-change.ts`. */
import { type ConfigValue, isValidSubject } from '@sluice/protocol';
import type { Permissions, SubjectRules } from '../../options.ts';

const MAX_KEYS = 100;
const MAX_USERS = 1000;
const MAX_TEXT = 4096;
const MAX_RULES = 1000;
const MAX_SUBJECT = 1024;

export interface Problem {
  /** A JSON pointer into the change. */
  readonly path: string;
  readonly message: string;
}

export interface UserChange {
  readonly user: string;
  readonly password: string | undefined;
  readonly account: string | undefined;
  /** Null removes the user's own permissions, undefined keeps them. */
  readonly permissions: Permissions | null | undefined;
}

export interface CheckedChange {
  readonly revision: number | undefined;
  readonly set: readonly { readonly key: string; readonly value: ConfigValue }[];
  readonly users: readonly UserChange[];
  readonly removeUsers: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Collects every problem, so that a form can show them all at once. */
export class ChangeReader {
  readonly problems: Problem[] = [];

  read(value: unknown): CheckedChange {
    const fields = this.fields(value, '');
    const revision = fields['revision'];
    if (revision !== undefined && typeof revision !== 'number') this.fail('/revision', 'must be a number');
    return {
      revision: typeof revision === 'number' ? revision : undefined,
      set: this.readSet(fields['set']),
      users: this.readList(fields['users'], '/users').map((user, index) => this.readUser(user, `/users/${index}`)),
      removeUsers: this.readList(fields['remove_users'], '/remove_users').map((user, index) =>
        this.text(user, `/remove_users/${index}`),
      ),
    };
  }

  private readSet(value: unknown): { key: string; value: ConfigValue }[] {
    if (value === undefined) return [];
    const entries = Object.entries(this.fields(value, '/set'));
    if (entries.length > MAX_KEYS) this.fail('/set', `at most ${MAX_KEYS} keys at once`);
    return entries.slice(0, MAX_KEYS).flatMap(([key, given]) => {
      if (given === null || typeof given === 'string' || typeof given === 'number' || typeof given === 'boolean') {
        return [{ key, value: given }];
      }
      this.fail(`/set/${pointerToken(key)}`, 'must be text, a number, true, false or null');
      return [];
    });
  }

  private readUser(value: unknown, path: string): UserChange {
    const fields = this.fields(value, path);
    const optional = (name: string): string | undefined =>
      fields[name] === undefined ? undefined : this.text(fields[name], `${path}/${name}`);
    const { permissions } = fields;
    return {
      user: this.text(fields['user'], `${path}/user`),
      password: optional('password'),
      account: optional('account'),
      permissions:
        permissions === undefined || permissions === null
          ? permissions
          : this.readPermissions(permissions, `${path}/permissions`),
    };
  }

  private readPermissions(value: unknown, path: string): Permissions {
    const fields = this.fields(value, path);
    const rules = (name: 'publish' | 'subscribe'): SubjectRules | undefined =>
      fields[name] === undefined ? undefined : this.readRules(fields[name], `${path}/${name}`, name === 'subscribe');
    const publish = rules('publish');
    const subscribe = rules('subscribe');
    const responses = fields['allow_responses'];
    return {
      ...(publish === undefined ? {} : { publish }),
      ...(subscribe === undefined ? {} : { subscribe }),
      ...(responses === undefined || responses === null
        ? {}
        : { allowResponses: this.readResponses(responses, `${path}/allow_responses`) }),
    };
  }

  private readRules(value: unknown, path: string, mayNameQueue: boolean): SubjectRules {
    const fields = this.fields(value, path);
    const list = (name: string): string[] => {
      const subjects = this.readList(fields[name], `${path}/${name}`, MAX_RULES);
      return subjects.map((subject, index) => this.rule(subject, `${path}/${name}/${index}`, mayNameQueue));
    };
    return { allow: list('allow'), deny: list('deny') };
  }

  private rule(value: unknown, path: string, mayNameQueue: boolean): string {
    const text = this.text(value, path);
    const [subject = '', queue, ...rest] = text.split(' ');
    const isQueueFine = queue === undefined || (mayNameQueue && isValidSubject(queue));
    if (text.length > MAX_SUBJECT || !isValidSubject(subject) || !isQueueFine || rest.length > 0) {
      this.fail(path, mayNameQueue ? 'must be a subject, or a subject and a queue group' : 'must be a subject');
    }
    return text;
  }

  private readResponses(value: unknown, path: string): { maxCount: number; expiresMs: number } {
    const fields = this.fields(value, path);
    const number = (name: string, min: number): number => {
      const given = fields[name];
      if (typeof given === 'number' && Number.isSafeInteger(given) && given >= min) return given;
      this.fail(`${path}/${name}`, `must be a whole number from ${min}`);
      return min;
    };
    return { maxCount: number('max', -1), expiresMs: number('expires_ms', 0) };
  }

  private readList(value: unknown, path: string, max = MAX_USERS): unknown[] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value) && value.length <= max) return value;
    this.fail(path, `must be a list of at most ${max}`);
    return [];
  }

  private text(value: unknown, path: string): string {
    if (typeof value === 'string' && value !== '' && value.length <= MAX_TEXT) return value;
    this.fail(path, `must be text of 1 to ${MAX_TEXT} characters`);
    return '';
  }

  private fields(value: unknown, path: string): Fields {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
    this.fail(path, 'must be an object');
    return {};
  }

  private fail(path: string, message: string): void {
    this.problems.push({ path, message });
  }
}

/** One token of a JSON pointer. Source: RFC 6901. */
export function pointerToken(text: string): string {
  return text.replaceAll('~', '~0').replaceAll('/', '~1');
}
