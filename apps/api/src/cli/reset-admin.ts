/** `sluice reset-admin`: asks for the new password, leaves the request in the data folder, and waits while a running Sluice carries it out. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { adminResetPath, requestAdminReset } from '../auth/admin-reset.ts';
import { hashPassword, passwordProblem } from '../auth/passwords.ts';
import { prepareDataFolder } from '../supervisor/data-folder.ts';
import { folderHolder } from '../supervisor/folder-lock.ts';

/** A running console looks every second. */
const WAIT_MS = 15_000;
const LOOK_MS = 200;
const MIN_LENGTH = 12;
const MAX_LENGTH = 256;

/** What to tell the operator. @throws when the password may not be chosen, or the folder holds no Sluice. */
export async function resetAdmin({ username, dataPath }: { username: string; dataPath: string }): Promise<string> {
  const root = resolve(dataPath);
  if (!existsSync(root)) throw new Error(`there is no data folder ${root}; name it with --data`);
  const { console: folder } = prepareDataFolder(root);
  const password = await readPassword(`New password for ${username} (at least ${MIN_LENGTH} characters): `);
  const problem =
    password.length < MIN_LENGTH || password.length > MAX_LENGTH
      ? `must have ${MIN_LENGTH} to ${MAX_LENGTH} characters`
      : passwordProblem(password, username);
  if (problem !== undefined) throw new Error(`the password ${problem}`);
  await requestAdminReset(folder, { username, passwordHash: await hashPassword(password) });
  if (folderHolder(root) === undefined)
    return `Sluice does not run on ${root}: ${username} is an administrator with that password from its next start on.`;
  for (let waitedMs = 0; waitedMs < WAIT_MS; waitedMs += LOOK_MS) {
    if (!existsSync(adminResetPath(folder))) return `${username} is an administrator with that password now.`;
    await pause(LOOK_MS);
  }
  throw new Error('the running Sluice has not carried it out yet, and will when it can; its log says why it could not');
}

/** One line of the terminal, not shown, or of whatever is piped in. */
function readPassword(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  if (stdin.isTTY) stderr.write(prompt);
  return new Promise((done, refuse) => {
    // Without an output readline echoes nothing.
    const lines = createInterface({ input: stdin, terminal: stdin.isTTY });
    let hasLine = false;
    lines.once('SIGINT', () => lines.close());
    lines.once('line', (line) => {
      hasLine = true;
      if (stdin.isTTY) stderr.write('\n');
      lines.close();
      done(line);
    });
    lines.once('close', () => {
      if (!hasLine) refuse(new Error('no password came in'));
    });
  });
}
