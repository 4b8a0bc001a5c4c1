/**
 * Ties a TypeBox schema to the hand-written type it describes: the compiler refuses a schema whose static type differs, so the
 * documented interface and the check at run time cannot drift apart. Interfaces stay plain TypeScript that the browser imports
 * without pulling the schema library in.
 */
import Type, { type Static, type TSchema, type TUnsafe } from 'typebox';

/** True when each of the two types can stand for the other. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** Names the type a schema must describe: `schemaFor<Login>()(Type.Object(…))`. */
export function schemaFor<T>(): <S extends TSchema>(schema: Same<Static<S>, T> extends true ? S : never) => TUnsafe<T> {
  return (schema) => Type.Unsafe<T>(schema);
}

/** An object that takes only the properties it names. */
export const closed = { additionalProperties: false } as const;
