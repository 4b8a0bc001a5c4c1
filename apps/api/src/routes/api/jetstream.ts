/** `/api/jetstream`: whether there is JetStream in an account, and what the other routes of stored data share. */
import type { JetStreamState, NatsDocument } from '@sluice/protocol/console';
import { accountQuerySchema, jetStreamStateSchema } from '@sluice/protocol/console/schemas';
import type { Console } from '../../console.ts';
import { badField } from '../../http-failure.ts';
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
