/** TypeBox schemas of the console's API. Apart from the types, so that the browser does not load the schema library. */
export * from './answers-broker.ts';
export * from './answers-jetstream.ts';
export * from './answers-people.ts';
export * from './answers-stores.ts';
export * from './answers-traffic.ts';
export * from './answers-work.ts';
export * from './live.ts';
export * from './requests.ts';
export * from './requests-jetstream.ts';
export * from './saved-messages.ts';
