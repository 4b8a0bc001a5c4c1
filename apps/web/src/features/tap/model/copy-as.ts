/** A message as a command for the shell. Everything is quoted: a payload is the text of a stranger. */
import { toBase64 } from '../../../components/payload-view/base64.ts';

export interface CopyableMessage {
  subject: string;
  reply: string;
  headers: readonly (readonly [name: string, value: string])[];
  payload: Uint8Array;
  /** The payload as text, or null when it is not UTF-8. */
  text: string | null;
}

/** `text` as one word for a POSIX shell; nothing in it is expanded. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `nats pub`, the payload on standard input so that the CLI's own templates are not applied to it. */
export function asNatsCommand(message: CopyableMessage): string {
  const headers = message.headers.map(([name, value]) => ` -H ${shellQuote(`${name}:${value}`)}`).join('');
  const reply = message.reply === '' ? '' : ` --reply ${shellQuote(message.reply)}`;
  const source =
    message.text === null
      ? `printf %s ${shellQuote(toBase64(message.payload))} | base64 -d`
      : `printf %s ${shellQuote(message.text)}`;
  return `${source} | nats pub ${shellQuote(message.subject)}${reply}${headers} --force-stdin`;
}

/** A request to this console's own API. The session cookie and the CSRF token are left to the user's environment. */
export function asCurlCommand(message: CopyableMessage, origin: string): string {
  const body = {
    subject: message.subject,
    ...(message.reply === '' ? {} : { reply: message.reply }),
    ...(message.headers.length === 0 ? {} : { headers: message.headers }),
    ...(message.text === null
      ? { encoding: 'base64', payload: toBase64(message.payload) }
      : { encoding: 'utf8', payload: message.text }),
  };
  return [
    `curl -X POST ${shellQuote(`${origin}/api/publish`)}`,
    `-b "$SLUICE_COOKIE" -H "x-csrf-token: $SLUICE_CSRF" -H 'origin: ${origin}'`,
    `-H 'content-type: application/json'`,
    `--data-raw ${shellQuote(JSON.stringify(body))}`,
  ].join(' \\\n  ');
}
