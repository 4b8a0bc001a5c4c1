/** The version of Sluice that this build is; the bundler replaces nothing, a test compares it with package.json. */
export const SLUICE_VERSION = '0.1.0';
