/** Plays a script to a server and writes down what each client gets: the same server always gives the same transcript. */
import { RawClient } from '../support/raw-client.ts';

/** What is sent: one step is one write of one client, followed by PING. */
export interface Script {
  readonly name: string;
  readonly config: string;
  /** Clients by name, with what they say in CONNECT; null sends no CONNECT. */
  readonly clients: Readonly<Record<string, Readonly<Record<string, unknown>> | null>>;
  readonly steps: readonly (readonly [client: string, text: string])[];
}

/** How long nothing must come before a step counts as done. */
const QUIET_MS = 25;
/** How long a client may go without an answer to its PING. */
const PATIENCE_MS = 3000;
const POLL_MS = 5;

/** Fields of INFO that differ from server to server. */
const OWN_FIELDS = ['server_id', 'server_name', 'version', 'go', 'git_commit', 'port', 'client_id', 'nonce', 'xkey', 'jetstream'];

/** One line per step and client: who got what, and whether the connection is still open. */
export async function play(script: Script, port: number): Promise<string[]> {
  const transcript: string[] = [];
  const clients = new Map<string, RawClient>();
  const note = (step: string) => {
    for (const [name, client] of clients) {
      const text = normalised(client.received);
      client.received = '';
      if (text !== '' || client.isClosed) transcript.push(`${step} ${name}: ${text}${client.isClosed ? '[closed]' : ''}`);
      if (client.isClosed) clients.delete(name);
    }
  };
  for (const [name, connect] of Object.entries(script.clients)) {
    const client = await RawClient.open(port);
    clients.set(name, client);
    if (connect !== null) client.send(`CONNECT ${JSON.stringify({ verbose: false, pedantic: false, ...connect })}\r\n`);
    await answered(client, connect === null ? '' : 'PING\r\n');
  }
  await quiet(clients);
  note('start');
  for (const [index, [name, text]] of script.steps.entries()) {
    const client = clients.get(name);
    if (client !== undefined) await answered(client, `${text}PING\r\n`);
    await quiet(clients);
    note(`${index + 1}`);
  }
  for (const client of clients.values()) client.end();
  return transcript;
}

/** Sends text and waits for as many PONGs as it has PINGs, or for the end. */
async function answered(client: RawClient, text: string): Promise<void> {
  if (text === '') return;
  client.send(text);
  const isDone = () => client.isClosed || client.received.includes('PONG\r\n');
  for (let waitedMs = 0; waitedMs < PATIENCE_MS && !isDone(); waitedMs += POLL_MS) await pause(POLL_MS);
}

/** Waits until nothing has come to any client for a moment. */
async function quiet(clients: ReadonlyMap<string, RawClient>): Promise<void> {
  const size = () => [...clients.values()].reduce((sum, { received }) => sum + received.length, 0);
  for (let before = -1; before !== size(); ) {
    before = size();
    await pause(QUIET_MS);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function normalised(text: string): string {
  return text
    .replace(/INFO (\{.*?\}) \r\n/g, (_line, json: string) => `INFO ${stableInfo(json)}\r\n`)
    .replace(/_R_\.[A-Za-z0-9.]+/g, '_R_.x')
    .replace(/(?<=^|\n)PING\r\n/g, '');
}

function stableInfo(json: string): string {
  const fields = Object.entries(JSON.parse(json) as Record<string, unknown>).filter(([name]) => !OWN_FIELDS.includes(name));
  return JSON.stringify(Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1))));
}
