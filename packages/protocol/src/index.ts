/** The NATS protocol, browser-safe: subjects, headers, limits, error texts, shapes. The bytes are in `@sluice/protocol/wire`. */
export * from './errors.ts';
export * from './events.ts';
export { goSyntaxError } from './go-json.ts';
export * from './go-quote.ts';
export * from './headers.ts';
export * from './info.ts';
export * from './limits.ts';
export * from './monitoring.ts';
export * from './monitoring-accounts.ts';
export * from './nkey.ts';
export * from './nuid.ts';
export * from './services.ts';
export * from './services-config.ts';
export * from './subject.ts';
export * from './subject-transform.ts';
export * from './tap-batch.ts';
export * from './time.ts';
