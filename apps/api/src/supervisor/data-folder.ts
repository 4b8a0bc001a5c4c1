/**
 * The one folder Sluice writes to. Everything in it belongs to the user who runs Sluice and to nobody else: folders 0700,
 * files 0600.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface DataFolder {
  readonly root: string;
  /** The console's own state. */
  readonly console: string;
  /** Configuration changes applied in the console. */
  readonly overridesFile: string;
}

const readme = `This folder holds everything that Sluice keeps. Nothing outside it is written.

console/jetstream/        the console's own state: users, sessions, saved messages and the audit log, whose entries hold the
                          hash of the one before. A forgotten password needs no deleting: "sluice reset-admin" sets a
                          new one. Deleted (while Sluice is stopped), everything of it is gone and a new one-time link
                          is printed.
console/admin-reset.json  there only until the console has carried out a "sluice reset-admin".
console/*.migrated        what an earlier version kept in files and this one has taken in; may be deleted.
broker/overrides.json     configuration changes applied in the console. Delete it (while Sluice is stopped) to go back to
                          the configuration file and the command line.
broker/jetstream/         streams and consumers. Delete a stream in the console or with a client, never here.

sluice.lock               says which process uses this folder. It goes when Sluice stops.

Everything here is readable by the user who runs Sluice only. Back up the whole folder while Sluice is stopped, or copy
it while it runs: every file is replaced in one step or only ever appended to (a copy of a running stream may lack its
newest messages). To restore, put the folder back while Sluice is stopped.
`;

/** Creates what is missing. Throws the system's error when the folder cannot be written. */
export function prepareDataFolder(path: string): DataFolder {
  const root = resolve(path);
  const folder: DataFolder = {
    root,
    console: join(root, 'console'),
    overridesFile: join(root, 'broker', 'overrides.json'),
  };
  for (const directory of [root, folder.console, join(root, 'broker')]) mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(join(root, 'README'), readme, { mode: 0o600 });
  return folder;
}
