// hot path
/** What the parser found → the verb that handles it. The only file that knows all verbs. */
import { closedReasons, goSyntaxError, protocolErrors } from '@sluice/protocol';
import { ParseError, type ParserHandler, type PubFrame, type PubVerdict } from '@sluice/protocol/wire';
import type { Message } from '../routing/message.ts';
import type { ClientConnection } from './client-connection.ts';
import { processConnect, refuseAuth } from './connect.ts';
import { processPing, processPong } from './ping.ts';
import { beginRepeat, endRepeat, processPub, processPubArguments, processRepeatedPub } from './pub.ts';
import { processSub } from './sub.ts';
import { processUnsub } from './unsub.ts';

export class ClientDispatch implements ParserHandler {
  private readonly client: ClientConnection;

  constructor(client: ClientConnection) {
    this.client = client;
  }

  onPubArguments(frame: PubFrame, isWhole: boolean): PubVerdict {
    return processPubArguments(this.client, frame as Message, isWhole);
  }

  onPub(frame: PubFrame): void {
    processPub(this.client, frame as Message);
  }

  onRepeat(frame: PubFrame): number {
    return beginRepeat(this.client, frame as Message);
  }

  onRepeatedPub(frame: PubFrame): number {
    return processRepeatedPub(this.client, frame as Message);
  }

  onRepeatEnd(frame: PubFrame, count: number, passed: number): void {
    endRepeat(this.client, frame as Message, count, passed);
  }

  onConnect(json: string): void {
    processConnect(this.client, json);
  }

  onSub(args: string): void {
    processSub(this.client, args);
  }

  onUnsub(args: string): void {
    processUnsub(this.client, args);
  }

  onForeignMessage(): void {
    if (this.client.isVerbose) this.client.sendOk();
  }

  onPing(): void {
    processPing(this.client);
  }

  onPong(): void {
    processPong(this.client);
  }

  onClientError(args: string): void {
    this.client.logError(`Client Error ${args}`);
    this.client.close(closedReasons.parseError);
  }

  /** Clients have nothing to tell this way; what is no JSON still ends the connection. */
  onInfo(json: string): void {
    const text = Buffer.from(json, 'latin1').toString('utf8');
    const problem = goSyntaxError(text)?.text ?? notAnObject(text);
    if (problem === undefined) return;
    this.client.logError(problem);
    this.client.close(closedReasons.protocolViolation);
  }

  onUnauthenticated(): void {
    refuseAuth(this.client, { ok: false, reason: protocolErrors.authorizationViolation.text });
  }

  onParseError(error: ParseError, text: string): void {
    switch (error) {
      case ParseError.unknownOperation:
        return this.client.refuse(protocolErrors.unknownOperation, () => this.client.logError(text));
      case ParseError.controlLineTooLong:
        this.client.refuse(protocolErrors.maxControlLine);
        return this.client.logError(text);
      case ParseError.badArguments: {
        // Whether headers are allowed at all is asked before the arguments are looked at.
        const isUnasked = text.startsWith('processHeaderPub') && !this.client.hasHeaders;
        this.client.logError(isUnasked ? 'message headers not supported' : text);
        return this.client.close(closedReasons.protocolViolation);
      }
    }
  }
}

/** What Go's decoder says of JSON that is no object; the first character tells what it is. */
function notAnObject(json: string): string | undefined {
  const first = json.trimStart().charAt(0);
  if (first === '{' || first === 'n') return undefined;
  const kinds: Readonly<Record<string, string>> = { '[': 'array', '"': 'string', t: 'bool', f: 'bool' };
  return `json: cannot unmarshal ${kinds[first] ?? 'number'} into Go value of type server.Info`;
}
