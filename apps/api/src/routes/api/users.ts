/** `/api/users`: people who may use the console. Administrators only. */
import type { ConsoleUser, Page } from '@sluice/protocol/console';
import {
  consoleUserPageSchema,
  consoleUserSchema,
  createUserSchema,
  pageQuerySchema,
  removeUserSchema,
  updateUserSchema,
  usernameParamsSchema,
} from '@sluice/protocol/console/schemas';
import type { Console } from '../../console.ts';
import { badField } from '../../http-failure.ts';
import { pageOf } from '../../lists/page.ts';
import type { StoredUser } from '../../store/console-store.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';
import { refusalFailure } from './account-refusals.ts';

const sortKeys = ['username', 'role', 'createdAtMs', 'lastLoginAtMs'] as const;

export function userRoutes(services: Console): ApiRoute[] {
  return [listUsers, createUser, updateUser, removeUser].map((route) => route(services));
}

function listUsers({ accounts, store }: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/users',
    role: 'admin',
    summary: 'Console users',
    query: pageQuerySchema,
    returns: 'Page<ConsoleUser>',
    answer: consoleUserPageSchema,
    handler: async ({ query }): Promise<Page<ConsoleUser>> => {
      const text = query.q?.toLowerCase() ?? '';
      const users = store.users().filter((user) => user.username.toLowerCase().includes(text));
      return pageOf(
        users.map((user) => accounts.shown(user)),
        query,
        sortKeys,
      );
    },
  });
}

function createUser({ accounts, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/users',
    role: 'admin',
    summary: 'Add a console user',
    body: createUserSchema,
    status: 201,
    returns: 'ConsoleUser',
    answer: consoleUserSchema,
    handler: async ({ body, actor }) => {
      const result = await accounts.create(body);
      if (!result.ok) throw refusalFailure(result.error, 'password');
      await audit.record(actor, {
        action: 'user.create',
        target: body.username,
        detail: `added a user with role ${body.role}`,
        after: audited(result.value),
      });
      return accounts.shown(result.value);
    },
  });
}

function updateUser({ accounts, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'PATCH',
    url: '/api/users/:username',
    role: 'admin',
    summary: "Change a user's role, password or state; the user's sessions end",
    params: usernameParamsSchema,
    body: updateUserSchema,
    returns: 'ConsoleUser',
    answer: consoleUserSchema,
    handler: async ({ params, body, actor }) => {
      const { expectedRevision: _, ...change } = body;
      if (Object.keys(change).length === 0) throw badField('', 'must name what to change');
      const result = await accounts.update(params.username, body);
      if (!result.ok) throw refusalFailure(result.error, 'password');
      const { before, after } = result.value;
      await audit.record(actor, {
        action: 'user.update',
        target: params.username,
        detail: body.password === undefined ? 'changed a user' : 'changed a user and set a new password',
        before: audited(before),
        after: audited(after),
      });
      return accounts.shown(after);
    },
  });
}

function removeUser({ accounts, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'DELETE',
    url: '/api/users/:username',
    role: 'admin',
    summary: 'Remove a user',
    params: usernameParamsSchema,
    query: removeUserSchema,
    status: 204,
    returns: 'nothing',
    handler: async ({ params, query, actor }) => {
      const result = await accounts.remove(params.username, query.expectedRevision);
      if (!result.ok) throw refusalFailure(result.error, 'password');
      await audit.record(actor, {
        action: 'user.delete',
        target: params.username,
        detail: 'removed a user',
        before: audited(result.value),
      });
    },
  });
}

/** What the audit log keeps of a user: everything but the secret. */
function audited(user: StoredUser): Pick<StoredUser, 'role' | 'isDisabled'> {
  return { role: user.role, isDisabled: user.isDisabled };
}
