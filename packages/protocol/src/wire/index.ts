/** The wire, Node only: bytes → handler calls, and the few byte operations that routing shares with it. */

export { parseSize, splitArguments } from './arguments.ts';
export * from './bytes.ts';
export * from './parser.ts';
export * from './parser-handler.ts';
export * from './peer-parser.ts';
export type { PeerVerb } from './peer-verbs.ts';
export * from './pub-frame.ts';
