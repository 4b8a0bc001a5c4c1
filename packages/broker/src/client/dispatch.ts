// hot path
/** What the parser found → the verb that handles it. The only file that knows all verbs. */
import { closedReasons, protocolErrors } from '@sluice/protocol';
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

  onPing(): void {
    processPing(this.client);
  }

  onPong(): void {
    processPong(this.client);
  }

  onClientError(): void {
    this.client.close(closedReasons.parseError);
  }

  onUnauthenticated(): void {
    refuseAuth(this.client, { ok: false, reason: protocolErrors.authorizationViolation.text });
  }

  onParseError(error: ParseError): void {
    switch (error) {
      case ParseError.unknownOperation:
        return this.client.refuse(protocolErrors.unknownOperation);
      case ParseError.controlLineTooLong:
        this.client.logError(protocolErrors.maxControlLine.text);
        return this.client.refuse(protocolErrors.maxControlLine);
      case ParseError.badArguments:
        return this.client.close(closedReasons.protocolViolation);
    }
  }
}
