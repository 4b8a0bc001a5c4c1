/**
 * What key-value buckets and object stores have in common: both are streams of a kind, and are listed, made, shown and deleted alike. Each
 * kind says what it is called and how it is shown; what lies in a bucket has routes of its own.
 */
import type { JetStreamState, NatsDocument, Page } from '@sluice/protocol/console';
import { accountPageQuerySchema, accountQuerySchema, bucketParamsSchema, confirmSchema } from '@sluice/protocol/console/schemas';
import type { TUnsafe } from 'typebox';
import type { Console } from '../../console.ts';
import { cut, pageOf } from '../../lists/page.ts';
import type { JsAccount } from '../../nats/jetstream/js-account.ts';
import type { ReadTarget } from '../../nats/jetstream/message-reader.ts';
import { type JsonRecord, recordAt, stringAt } from '../../nats/json-fields.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';
import { mustConfirm, targetText } from './jetstream.ts';

/** A bucket that has been found. */
interface OpenBucket {
  readonly js: JsAccount;
  readonly target: ReadTarget;
  readonly info: JsonRecord;
}

interface AnyRow {
  readonly name: string;
  readonly description: string | null;
}

/** A page of buckets, with whether there is JetStream at all. */
type BucketPage<Row> = Page<Row> & { jetstream: JetStreamState };

/** One kind of bucket. */
export interface BucketKind<Row extends AnyRow, Detail, Create extends { bucket: string }, Bucket extends OpenBucket> {
  readonly url: `/api/${string}`;
  /** First token of its actions in the audit log. */
  readonly action: string;
  /** What one is called. */
  readonly noun: string;
  /** What its streams' names begin with. */
  readonly streamPrefix: string;
  readonly sortKeys: readonly (keyof Row & string)[];
  /** Names of the types of its answers in the protocol package. */
  readonly types: { readonly row: string; readonly page: string; readonly detail: string };
  readonly schemas: {
    readonly row: TUnsafe<Row>;
    readonly page: TUnsafe<BucketPage<Row>>;
    readonly detail: TUnsafe<Detail>;
    readonly create: TUnsafe<Create>;
  };
  /** The stream's configuration for a new one. */
  configOf(request: Create): NatsDocument;
  /** Throws 404 when there is none of that name. */
  open(js: JsAccount, name: string): Promise<Bucket>;
  rowOf(info: JsonRecord, isNew: boolean): Row;
  detailOf(bucket: Bucket): Promise<Detail>;
  /** What goes with it when it is deleted. */
  lossOf(state: JsonRecord): string;
}

/** The four routes of a kind. */
export function bucketRoutes<Row extends AnyRow, Detail, Create extends { bucket: string }, Bucket extends OpenBucket>(
  services: Console,
  kind: BucketKind<Row, Detail, Create, Bucket>,
): ApiRoute[] {
  const routes = new BucketRoutes(services, kind);
  return [routes.list(), routes.create(), routes.read(), routes.remove()];
}

class BucketRoutes<Row extends AnyRow, Detail, Create extends { bucket: string }, Bucket extends OpenBucket> {
  readonly #services: Console;
  readonly #kind: BucketKind<Row, Detail, Create, Bucket>;

  constructor(services: Console, kind: BucketKind<Row, Detail, Create, Bucket>) {
    this.#services = services;
    this.#kind = kind;
  }

  list(): ApiRoute {
    const { jetstream } = this.#services;
    const kind = this.#kind;
    return defineRoute({
      method: 'GET',
      url: kind.url,
      role: 'viewer',
      summary: `Every ${kind.noun} of an account`,
      query: accountPageQuerySchema,
      returns: kind.types.page,
      answer: kind.schemas.page,
      handler: async ({ query }): Promise<BucketPage<Row>> => {
        const state = await jetstream.listState(query.account);
        if (!state.isEnabled) return { ...cut<Row>([], query), jetstream: state };
        const { entries } = await jetstream.listings(query.account).streams();
        const text = query.q?.toLowerCase() ?? '';
        const rows = entries
          .filter((info) => stringAt(recordAt(info, 'config'), 'name').startsWith(kind.streamPrefix))
          .map((info) => kind.rowOf(info, false))
          .filter(({ name, description }) => `${name}\n${description ?? ''}`.toLowerCase().includes(text));
        return { ...pageOf<Row>(rows, query, kind.sortKeys), jetstream: state };
      },
    });
  }

  create(): ApiRoute {
    const { jetstream, audit } = this.#services;
    const kind = this.#kind;
    return defineRoute({
      method: 'POST',
      url: kind.url,
      role: 'admin',
      summary: `Create one ${kind.noun}`,
      query: accountQuerySchema,
      body: kind.schemas.create,
      status: 201,
      returns: kind.types.row,
      answer: kind.schemas.row,
      handler: async ({ query, body, actor }): Promise<Row> => {
        const js = await jetstream.open(query.account);
        const info = await js.must(`STREAM.CREATE.${kind.streamPrefix}${body.bucket}`, kind.configOf(body));
        jetstream.listings(query.account).expire();
        await audit.record(actor, {
          action: `${kind.action}.create`,
          target: targetText(body.bucket, query.account),
          detail: `created the ${kind.noun} ${body.bucket}`,
          after: body,
        });
        return kind.rowOf(info, true);
      },
    });
  }

  read(): ApiRoute {
    const { jetstream } = this.#services;
    const kind = this.#kind;
    return defineRoute({
      method: 'GET',
      url: `${kind.url}/:bucket`,
      role: 'viewer',
      summary: `One ${kind.noun} with its settings`,
      params: bucketParamsSchema,
      query: accountQuerySchema,
      returns: kind.types.detail,
      answer: kind.schemas.detail,
      handler: async ({ params, query }): Promise<Detail> =>
        kind.detailOf(await kind.open(await jetstream.open(query.account), params.bucket)),
    });
  }

  remove(): ApiRoute {
    const { jetstream, audit } = this.#services;
    const kind = this.#kind;
    return defineRoute({
      method: 'DELETE',
      url: `${kind.url}/:bucket`,
      role: 'admin',
      summary: `Delete one ${kind.noun} with everything in it; the body repeats its name`,
      params: bucketParamsSchema,
      query: accountQuerySchema,
      body: confirmSchema,
      status: 204,
      returns: 'nothing',
      handler: async ({ params, query, body, actor }): Promise<undefined> => {
        mustConfirm(body.confirm, params.bucket);
        const { js, target, info } = await kind.open(await jetstream.open(query.account), params.bucket);
        await js.must(`STREAM.DELETE.${target.stream}`);
        jetstream.listings(query.account).expire();
        await audit.record(actor, {
          action: `${kind.action}.delete-bucket`,
          target: targetText(params.bucket, query.account),
          detail: `deleted the ${kind.noun} ${params.bucket} with ${kind.lossOf(recordAt(info, 'state'))}`,
        });
      },
    });
  }
}
