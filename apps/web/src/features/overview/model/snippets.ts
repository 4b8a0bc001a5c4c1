/** A first client in each language, against this server's address. Every snippet subscribes to `demo.>` and prints what comes. */

export interface Snippet {
  readonly id: string;
  readonly label: string;
  /** Shell line that gets the library; null where nothing is needed. */
  readonly install: string | null;
  readonly code: string;
}

/** The snippets in the order of their tabs; `url` goes in as it is. */
export function snippetsFor(url: string): readonly Snippet[] {
  return [
    {
      id: 'cli',
      label: 'CLI',
      install: null,
      code: `nats sub "demo.>" --server ${url}`,
    },
    {
      id: 'go',
      label: 'Go',
      install: 'go get github.com/nats-io/nats.go',
      code: `package main

import (
	"fmt"

	"github.com/nats-io/nats.go"
)

func main() {
	nc, err := nats.Connect("${url}", nats.Name("first-go"))
	if err != nil {
		panic(err)
	}
	nc.Subscribe("demo.>", func(m *nats.Msg) {
		fmt.Println(m.Subject, string(m.Data))
	})
	select {}
}`,
    },
    {
      id: 'javascript',
      label: 'JavaScript',
      install: 'npm install @nats-io/transport-node',
      code: `import { connect } from "@nats-io/transport-node";

const nc = await connect({ servers: "${url}", name: "first-js" });

for await (const m of nc.subscribe("demo.>"))
  console.log(m.subject, m.string());`,
    },
    {
      id: 'python',
      label: 'Python',
      install: 'pip install nats-py',
      code: `import asyncio
import nats

async def main():
    nc = await nats.connect("${url}", name="first-python")
    sub = await nc.subscribe("demo.>")
    async for m in sub.messages:
        print(m.subject, m.data.decode())

asyncio.run(main())`,
    },
    {
      id: 'java',
      label: 'Java',
      install: 'io.nats:jnats (Maven or Gradle)',
      code: `import io.nats.client.*;

class First {
  public static void main(String[] args) throws Exception {
    Connection nc = Nats.connect(Options.builder()
      .server("${url}").connectionName("first-java").build());
    Dispatcher d = nc.createDispatcher(m ->
      System.out.println(m.getSubject() + " " + new String(m.getData())));
    d.subscribe("demo.>");
    Thread.currentThread().join();
  }
}`,
    },
    {
      id: 'rust',
      label: 'Rust',
      install: 'cargo add async-nats futures tokio --features tokio/full',
      code: `use futures::StreamExt;

#[tokio::main]
async fn main() -> Result<(), async_nats::Error> {
    let options = async_nats::ConnectOptions::new().name("first-rust");
    let client = options.connect("${url}").await?;
    let mut sub = client.subscribe("demo.>").await?;
    while let Some(m) = sub.next().await {
        println!("{} {}", m.subject, String::from_utf8_lossy(&m.payload));
    }
    Ok(())
}`,
    },
    {
      id: 'dotnet',
      label: 'C#',
      install: 'dotnet add package NATS.Net',
      code: `using NATS.Net;

await using var nc = new NatsClient("${url}", name: "first-dotnet");

await foreach (var m in nc.SubscribeAsync<string>("demo.>"))
    Console.WriteLine($"{m.Subject} {m.Data}");`,
    },
  ];
}
