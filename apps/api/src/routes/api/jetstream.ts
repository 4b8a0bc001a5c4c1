/** `/api/jetstream`: whether there is JetStream in an account, and what the other routes of stored data share. */
import type { DocumentChange, JetStreamState, NatsDocument } from '@sluice/protocol/console';
import { accountQuerySchema, jetStreamStateSchema } from '@sluice/protocol/console/schemas';
import type { AuditAction } from '../../audit-trail.ts';
import type { Console } from '../../console.ts';
import { badField, HttpFailure } from '../../http-failure.ts';
import { differingKeys } from '../../nats/jetstream/document-changes.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';

export function jetStreamRoutes({ jetstream }: Console): ApiRoute[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/jetstream',
      role: 'viewer',
      summary: 'Whether JetStream is on in an account, what is used of its limits, or how to get it',
      query: accountQuerySchema,
      returns: 'JetStreamState',
      answer: jetStreamStateSchema,
      handler: async ({ query }): Promise<JetStreamState> => jetstream.state(query.account),
    }),
  ];
}

/** Throws a 400 unless the name was typed as it is. */
export function mustConfirm(confirm: string, name: string): void {
  if (confirm !== name) throw badField('/confirm', `must be the name, ${name}`);
}

/** For the audit log: what, and in which account where one was named. */
export function targetText(name: string, account: string | undefined): string {
  return (account === undefined ? name : `${name} in ${account}`).slice(0, 256);
}

/** A configuration nests a few levels: sources, their transforms. */
const MAX_DEPTH = 8;

/** Throws a 400 for a document that nests deeper than any configuration; all else the server itself judges. */
export function mustBeShallow(document: NatsDocument): void {
  let level: unknown[] = [document];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw badField('/config', `nests deeper than ${MAX_DEPTH} levels`);
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
}

/** Throws 409 when somebody changed what the change was made over. */
export function mustBeAsExpected(present: NatsDocument, expected: NatsDocument | undefined): void {
  if (expected === undefined) return;
  mustBeShallow(expected);
  const keys = differingKeys(present, expected);
  if (keys.length > 0) throw new HttpFailure('conflict', `somebody changed ${keys.join(', ')} meanwhile; look at it again`);
}

/** Changes of a configuration as the audit log keeps them. */
export function changesText(changes: readonly DocumentChange[]): Pick<AuditAction, 'detail' | 'before' | 'after'> {
  return {
    detail: `changed ${changes.map((change) => change.path).join(', ') || 'nothing'}`,
    before: Object.fromEntries(changes.map((change) => [change.path, change.before])),
    after: Object.fromEntries(changes.map((change) => [change.path, change.after])),
  };
}
