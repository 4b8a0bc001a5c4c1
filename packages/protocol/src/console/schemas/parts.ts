/** Pieces that several answers share. */
import Type, { type TArray, type TNull, type TSchema, type TUnion, type TUnsafe } from 'typebox';
import type { Page } from '../common.ts';
import { type ConsoleLink, roles, type SentencePart } from '../common.ts';
import type { Usage } from '../jetstream.ts';
import { closed, schemaFor } from './schema-for.ts';

/** `null`: not known. */
export function nullable<S extends TSchema>(schema: S): TUnion<[S, TNull]> {
  return Type.Union([schema, Type.Null()]);
}

/** One page of `item`s, with what the list adds. */
export function pageOf<Item>(item: TUnsafe<Item>): TUnsafe<Page<Item>> {
  return Type.Unsafe<Page<Item>>(
    Type.Object(
      { items: Type.Array(item), total: Type.Integer(), offset: Type.Integer(), limit: Type.Integer() },
      { additionalProperties: true },
    ),
  );
}

export const usageSchema: TUnsafe<Usage> = schemaFor<Usage>()(
  Type.Object({ used: Type.Number(), limit: nullable(Type.Number()), fill: nullable(Type.Number()) }, closed),
);

export const roleSchema: TUnsafe<(typeof roles)[number]> = Type.Unsafe(Type.Enum([...roles]));

export const sentenceSchema: TArray<TUnsafe<SentencePart>> = Type.Array(
  schemaFor<SentencePart>()(
    Type.Union([
      Type.Object({ kind: Type.Literal('text'), value: Type.String() }, closed),
      Type.Object({ kind: Type.Literal('name'), value: Type.String() }, closed),
      Type.Object({ kind: Type.Literal('subject'), value: Type.String() }, closed),
      Type.Object({ kind: Type.Literal('number'), value: Type.String() }, closed),
    ]),
  ),
);

export const linkSchema: TUnsafe<ConsoleLink> = schemaFor<ConsoleLink>()(
  Type.Object(
    {
      label: Type.String(),
      to: Type.Union([
        Type.Literal('/'),
        Type.Literal('/connections'),
        Type.Literal('/subjects'),
        Type.Literal('/subscriptions'),
        Type.Literal('/tap'),
        Type.Literal('/streams'),
        Type.Literal('/consumers'),
        Type.Literal('/workbench'),
        Type.Literal('/auth-failures'),
        Type.Literal('/config'),
        Type.Literal('/audit'),
        Type.Literal('/settings'),
      ]),
      search: Type.Record(Type.String(), Type.String()),
    },
    closed,
  ),
);
