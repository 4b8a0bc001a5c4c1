// hot path
/**
 * The JetStream part of an event-loop turn: after the input was read, every stream that took messages writes them out once, then
 * every consumer that has something to do delivers. What a consumer does not finish in its share goes on in the next turn, so that
 * input is read in between.
 */

/** Where work after a turn's input goes: the server's `OutputTurn`. */
export interface TurnEnd {
  defer(task: () => void): void;
}

/** What ends its turn by writing, committing and acknowledging. */
export interface TurnStream {
  isTouched: boolean;
  endTurn(): void;
}

/** What delivers. Returns true when there is more to do at once. */
export interface TurnConsumer {
  isSignalled: boolean;
  run(): boolean;
}

export class JetStreamTurn {
  private readonly turn: TurnEnd;
  private streams: TurnStream[] = [];
  private consumers: TurnConsumer[] = [];
  private isScheduled = false;

  constructor(turn: TurnEnd) {
    this.turn = turn;
  }

  touch(stream: TurnStream): void {
    if (stream.isTouched) return;
    stream.isTouched = true;
    this.streams.push(stream);
    this.schedule();
  }

  signal(consumer: TurnConsumer): void {
    if (consumer.isSignalled) return;
    consumer.isSignalled = true;
    this.consumers.push(consumer);
    this.schedule();
  }

  /** Runs `task` after the input of this turn. */
  defer(task: () => void): void {
    this.turn.defer(task);
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.turn.defer(this.run);
  }

  private readonly run = (): void => {
    this.isScheduled = false;
    this.endStreams();
    const consumers = this.consumers;
    this.consumers = [];
    for (let index = 0; index < consumers.length; index++) {
      const consumer = consumers[index] as TurnConsumer;
      consumer.isSignalled = false;
      if (consumer.run()) this.signal(consumer);
    }
    // Deliveries may remove messages, or be captured by other streams.
    this.endStreams();
  };

  private endStreams(): void {
    while (this.streams.length > 0) {
      const streams = this.streams;
      this.streams = [];
      for (let index = 0; index < streams.length; index++) {
        const stream = streams[index] as TurnStream;
        stream.isTouched = false;
        stream.endTurn();
      }
    }
  }
}
