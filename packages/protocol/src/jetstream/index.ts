/** JetStream, browser-safe: configurations, requests, refusals, names. */
export * from '../byte-text.ts';
export { goJson, goMap } from '../go-json.ts';
export * from './consumer-config.ts';
export * from './errors.ts';
export * from './json.ts';
export * from './names.ts';
export * from './requests.ts';
export * from './stream-config.ts';
