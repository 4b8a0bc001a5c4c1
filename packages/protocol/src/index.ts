/** The NATS protocol, browser-safe: subjects, headers, limits, error texts, shapes. The bytes are in `@sluice/protocol/wire`. */
export * from './services.ts';
export * from './services-config.ts';
export * from './tap-batch.ts';
