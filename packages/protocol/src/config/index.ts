/** The configuration language of nats-server: text to tree, with places and comments, in a server or in a browser. */
export * from './items.ts';
export { ConfigLexer } from './lexer.ts';
export * from './parser.ts';
export * from './values.ts';
