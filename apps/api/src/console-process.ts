/** The console's process: HTTP and WebSocket for browsers, a NATS client towards the broker. The supervisor starts and watches it. */
import { type ConsoleServer, startConsoleServer } from './server.ts';
import { runChildProcess, tellSupervisor } from './supervisor/child-process.ts';
import type { ConsoleStart, ToConsole } from './supervisor/messages.ts';
import { describeStartError } from './supervisor/start-error.ts';

let server: ConsoleServer | undefined;
/** The newest word about the broker, when it comes before the console is up. */
let waiting: Extract<ToConsole, { type: 'broker' }> | undefined;

runChildProcess<ConsoleStart, Extract<ToConsole, { type: 'broker' }>>(
  {
    async start(start) {
      try {
        server = await startConsoleServer(start, { onProgress: () => void tellSupervisor({ type: 'progress' }) });
      } catch (error) {
        await tellSupervisor({ type: 'failed', ...describeStartError(error, 'the console', '--console-port') });
        throw error;
      }
      if (waiting !== undefined) server.setBroker(waiting);
      await tellSupervisor({ type: 'ready', port: server.port, isSetupRequired: server.console.accounts.isSetupRequired() });
    },
    async stop() {
      await server?.stop();
    },
  },
  (message) => {
    if (server === undefined) waiting = message;
    else server.setBroker(message);
  },
);
