/** Whether the parser may recognise a PUB line that it has seen before. */
import type { ClientConnection } from './client-connection.ts';

/** True when a line that comes again need not be looked at again. */
export function mayRepeat({ account, isVerbose, isPedantic, permissions, trace }: ClientConnection): boolean {
  return account !== null && trace === null && !isVerbose && !isPedantic && permissions?.grantsReplies !== true;
}
