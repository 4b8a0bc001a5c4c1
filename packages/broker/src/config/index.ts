/** From configuration text to what the broker takes. */
export * from './read-config.ts';
export * from './report.ts';
export * from './settings.ts';
export * from './to-options.ts';
export * from './validate-settings.ts';
