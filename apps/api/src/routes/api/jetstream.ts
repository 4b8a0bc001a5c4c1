/** `/api/jetstream`: whether there is JetStream in an account, and what the other routes of stored data share. */
import type { JetStreamState } from '@sluice/protocol/console';
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
