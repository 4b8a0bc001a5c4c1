/** TypeBox schemas of the console's API. Apart from the types, so that the browser does not load the schema library. */
export * from './live.ts';
export * from './requests.ts';
