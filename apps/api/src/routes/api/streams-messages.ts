/** `/api/streams/:stream/messages` and `…/subjects`: what is in a stream, read by message get. */
import { isLiteralSubject, isValidSubject } from '@sluice/protocol';
import type { MessagesPage, StoredMessage, StreamSubjectsPage } from '@sluice/protocol/console';
import {
  accountQuerySchema,
  messagesPageSchema,
  messagesQuerySchema,
  storedMessageSchema,
  streamMessageParamsSchema,
  streamParamsSchema,
  streamSubjectsPageSchema,
  streamSubjectsQuerySchema,
} from '@sluice/protocol/console/schemas';
import type { Console } from '../../console.ts';
import { badField, HttpFailure } from '../../http-failure.ts';
import { pageOf } from '../../lists/page.ts';
import { readMessages } from '../../nats/jetstream/message-pages.ts';
import { getMessage } from '../../nats/jetstream/message-reader.ts';
import { readSubjects } from '../../nats/jetstream/stream-subjects.ts';
import { presentMessage } from '../../presenters/stored-message.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';
import { targetText } from './jetstream.ts';

/** Payload of one message that is shown whole. */
const WHOLE_BYTES = 8_388_608;

export function streamMessageRoutes(services: Console): ApiRoute[] {
  return [listSubjects, listMessages, readMessage, deleteMessage].map((route) => route(services));
}

function listSubjects({ jetstream }: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/streams/:stream/subjects',
    role: 'viewer',
    summary: 'Subjects of a stream with their message counts, by page',
    params: streamParamsSchema,
    query: streamSubjectsQuerySchema,
    returns: 'StreamSubjectsPage',
    answer: streamSubjectsPageSchema,
    handler: async ({ params, query }): Promise<StreamSubjectsPage> => {
      const filter = mustBeSubject('/filter', query.filter) ?? '>';
      const js = await jetstream.open(query.account);
      const { subjects, isTruncated } = await readSubjects(js, params.stream, filter);
      const text = query.q?.toLowerCase() ?? '';
      const rows = text === '' ? subjects : subjects.filter((row) => row.subject.toLowerCase().includes(text));
      return { ...pageOf(rows, query, ['subject', 'messages']), isTruncated };
    },
  });
}

function listMessages({ jetstream }: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/streams/:stream/messages',
    role: 'viewer',
    summary: 'Stored messages around a sequence or a time; reading takes nothing away',
    params: streamParamsSchema,
    query: messagesQuerySchema,
    returns: 'MessagesPage',
    answer: messagesPageSchema,
    handler: async ({ params, query }): Promise<MessagesPage> => {
      mustBeSubject('/subject', query.subject);
      return readMessages(await jetstream.open(query.account), params.stream, query);
    },
  });
}

function readMessage({ jetstream }: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/streams/:stream/messages/:seq',
    role: 'viewer',
    summary: 'One stored message, whole up to 8 MiB',
    params: streamMessageParamsSchema,
    query: accountQuerySchema,
    returns: 'StoredMessage',
    answer: storedMessageSchema,
    handler: async ({ params, query }): Promise<StoredMessage> => {
      const js = await jetstream.open(query.account);
      const message = await getMessage(js, params.stream, { seq: params.seq });
      if (message === undefined) throw new HttpFailure('not_found', `there is no message ${params.seq} in ${params.stream}`);
      return presentMessage(message, WHOLE_BYTES);
    },
  });
}

function deleteMessage({ jetstream, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'DELETE',
    url: '/api/streams/:stream/messages/:seq',
    role: 'operator',
    summary: 'Delete one stored message and erase its bytes',
    params: streamMessageParamsSchema,
    query: accountQuerySchema,
    status: 204,
    returns: 'nothing',
    handler: async ({ params, query, actor }): Promise<undefined> => {
      const js = await jetstream.open(query.account);
      await js.must(`STREAM.MSG.DELETE.${params.stream}`, { seq: params.seq });
      jetstream.listings(query.account).expire();
      await audit.record(actor, {
        action: 'stream.message.delete',
        target: targetText(params.stream, query.account),
        detail: `deleted message ${params.seq}`,
      });
    },
  });
}

/** The pattern, when it is one; throws a 400 that names the field. */
export function mustBeSubject(path: string, subject: string | undefined): string | undefined {
  if (subject !== undefined && !isLiteralSubject(subject) && !isValidSubject(subject))
    throw badField(path, 'is not a subject or a pattern', 'query');
  return subject;
}
