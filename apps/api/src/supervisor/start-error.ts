/** Why a child could not start, as one line for the terminal. */

export interface StartFailure {
  readonly message: string;
  readonly isPortInUse: boolean;
  readonly isConfigError: boolean;
}

/** Explains the usual failures of a listener; anything else keeps its own words. `flag` chooses another port. */
export function describeStartError(error: unknown, what: string, flag: string): StartFailure {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  // Node's error of a listener knows which port it was.
  const port = error instanceof Error && 'port' in error ? String(error.port) : 'the port';
  const base = { isPortInUse: code === 'EADDRINUSE', isConfigError: false };
  switch (code) {
    case 'EADDRINUSE':
      return { ...base, message: `port ${port} for ${what} is in use by another program; choose another with ${flag}` };
    case 'EACCES':
      return { ...base, message: `port ${port} for ${what} may not be opened by this user; choose one above 1023 with ${flag}` };
    case 'EADDRNOTAVAIL':
      return { ...base, message: `this machine has no such address for ${what}; see --host` };
    default:
      return { ...base, isConfigError: true, message: error instanceof Error ? error.message : String(error) };
  }
}
