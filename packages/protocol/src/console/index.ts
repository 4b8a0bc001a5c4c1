/** Shapes of the console's REST API and live WebSocket, shared by apps/api and apps/web. Endpoints are listed in each file. */
export * from './audit.ts';
export * from './capabilities.ts';
export * from './common.ts';
export * from './config.ts';
export * from './connections.ts';
export * from './consumers.ts';
export * from './jetstream.ts';
export * from './key-value.ts';
export * from './live.ts';
export * from './objects.ts';
export * from './overview.ts';
export * from './session.ts';
export * from './streams.ts';
export * from './subjects.ts';
export * from './subscriptions.ts';
export * from './users.ts';
export * from './workbench.ts';
