/** What a browser may send over the live WebSocket. One schema per message, bounded like every other input. */
import Type, { type TUnsafe } from 'typebox';
import type { LiveClientMessage, TapOptions } from '../live.ts';
import { connectionsQuerySchema } from './requests.ts';
import { kvWatchSchema } from './requests-jetstream.ts';
import { closed, schemaFor } from './schema-for.ts';

const id = Type.Integer({ minimum: 1, maximum: 0xffff_ffff });
const counter = Type.Number({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const pattern = Type.String({ minLength: 1, maxLength: 1024 });
const serverId = Type.Optional(Type.String({ minLength: 1, maxLength: 64 }));

const tap = Type.Object(
  {
    account: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    subjects: Type.Array(pattern, { minItems: 1, maxItems: 32 }),
    exclude: Type.Optional(Type.Array(pattern, { maxItems: 32 })),
    sampling: Type.Optional(
      Type.Union([
        Type.Object({ mode: Type.Literal('all') }, closed),
        Type.Object({ mode: Type.Literal('rate'), perSecond: Type.Number({ minimum: 0.1, maximum: 1_000_000 }) }, closed),
        Type.Object({ mode: Type.Literal('every'), n: Type.Integer({ minimum: 1, maximum: 1_000_000 }) }, closed),
      ]),
    ),
    filter: Type.Optional(
      Type.Object(
        {
          minBytes: Type.Optional(Type.Integer({ minimum: 0, maximum: 67_108_864 })),
          contains: Type.Optional(Type.String({ maxLength: 256 })),
        },
        closed,
      ),
    ),
    maxPayloadBytes: Type.Optional(Type.Integer({ minimum: 0, maximum: 16_777_216 })),
    batchMs: Type.Optional(Type.Integer({ minimum: 20, maximum: 1000 })),
  },
  closed,
);

/** Options of one tap. */
export const tapOptionsSchema: TUnsafe<TapOptions> = schemaFor<TapOptions>()(tap);

const subscribe = { type: Type.Literal('subscribe'), id } as const;
const update = { type: Type.Literal('update'), id } as const;
const rates = { topic: Type.Literal('rates') } as const;
const events = { topic: Type.Literal('events'), afterSeq: Type.Optional(counter) } as const;
const connections = { topic: Type.Literal('connections'), query: connectionsQuerySchema } as const;
const connection = {
  topic: Type.Literal('connection'),
  cid: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  serverId,
} as const;
const kv = { topic: Type.Literal('kv'), kv: kvWatchSchema } as const;
const taps = { topic: Type.Literal('tap'), tap } as const;

/** Any message from a browser. */
export const liveClientMessageSchema: TUnsafe<LiveClientMessage> = schemaFor<LiveClientMessage>()(
  Type.Union([
    Type.Object({ ...subscribe, ...rates }, closed),
    Type.Object({ ...subscribe, ...events }, closed),
    Type.Object({ ...subscribe, ...connections }, closed),
    Type.Object({ ...subscribe, ...connection }, closed),
    Type.Object({ ...subscribe, ...kv }, closed),
    Type.Object({ ...subscribe, ...taps }, closed),
    Type.Object({ ...update, ...rates }, closed),
    Type.Object({ ...update, ...events }, closed),
    Type.Object({ ...update, ...connections }, closed),
    Type.Object({ ...update, ...connection }, closed),
    Type.Object({ ...update, ...kv }, closed),
    Type.Object({ ...update, ...taps }, closed),
    Type.Object({ type: Type.Literal('unsubscribe'), id }, closed),
    Type.Object({ type: Type.Literal('ack'), id, seq: counter }, closed),
    Type.Object({ type: Type.Literal('ping'), sentAtMs: Type.Number() }, closed),
  ]),
);
