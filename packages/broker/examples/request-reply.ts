/** A NATS server inside this process: start it, use it with the official client, stop it. */
import { connect } from '@nats-io/transport-node';
import { Broker } from '../src/index.ts';

/** Asks a question of a service on a broker of its own; returns the answer. */
export async function askOnce(question: string): Promise<string> {
  const broker = await Broker.start({ port: 0 });
  const connection = await connect({ servers: broker.url });
  connection.subscribe('greet.*', {
    callback: (_error, message) => {
      message.respond(`hello ${message.subject.split('.')[1]}`);
    },
  });
  const answer = await connection.request(`greet.${question}`);
  await connection.close();
  await broker.stop();
  return answer.string();
}
