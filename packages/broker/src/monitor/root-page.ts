/** The page at `/`: links to the endpoints, in nats-server's order. */

const LINKS: readonly (readonly [string, string])[] = [
  ['varz', 'General'],
  ['jsz', 'JetStream'],
  ['connz', 'Connections'],
  ['accountz', 'Accounts'],
  ['accstatz', 'Account Stats'],
  ['subsz', 'Subscriptions'],
  ['routez', 'Routes'],
  ['leafz', 'LeafNodes'],
  ['gatewayz', 'Gateways'],
  ['raftz', 'Raft Groups'],
  ['healthz', 'Health Probe'],
  ['debug/vars', 'Expvar'],
];

/** HTML without scripts; `basePath` without a slash at its end. */
export function rootPage(basePath: string): string {
  const prefix = basePath === '' ? '.' : `.${basePath}`;
  const links = LINKS.map(([path, title]) => `    <a href=${prefix}/${path}>${title}<span> /${path}</span></a>`).join('\n');
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Sluice monitoring</title>
    <style>
      body { font: 16px/1.6 ui-sans-serif, system-ui, sans-serif; margin: 2rem; color: #1d2433; background: #fff }
      a { display: block; color: inherit; text-decoration: none }
      a:hover { text-decoration: underline }
      span { color: #667; font: 12px ui-monospace, monospace }
      @media (prefers-color-scheme: dark) { body { color: #dde3ee; background: #12161f } span { color: #99a } }
    </style>
  </head>
  <body>
    <h1>Sluice</h1>
${links}
  </body>
</html>
`;
}
