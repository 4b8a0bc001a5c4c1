/**
 * The command line, read as Go's `flag` package reads it: one or two dashes, `-x v` and `-x=v`, boolean flags without a value, and
 * an end at the first word that is no flag. The table is the whole of `nats-server --help`.
 */

export type FlagKind = 'text' | 'number' | 'boolean';

/** Every flag by its spellings; the first one names it. */
const FLAGS = [
  [['addr', 'a', 'net'], 'text'],
  [['port', 'p'], 'number'],
  [['server_name', 'n', 'name'], 'text'],
  [['pid', 'P'], 'text'],
  [['http_port', 'm'], 'number'],
  [['https_port', 'ms'], 'number'],
  [['config', 'c'], 'text'],
  [['t'], 'boolean'],
  [['signal', 'sl'], 'text'],
  [['client_advertise'], 'text'],
  [['ports_file_dir'], 'text'],
  [['log', 'l'], 'text'],
  [['logtime', 'T'], 'boolean'],
  [['logtime_utc'], 'boolean'],
  [['syslog', 's'], 'boolean'],
  [['remote_syslog', 'r'], 'text'],
  [['debug', 'D'], 'boolean'],
  [['trace', 'V'], 'boolean'],
  [['VV'], 'boolean'],
  [['DV'], 'boolean'],
  [['DVV'], 'boolean'],
  [['log_size_limit'], 'number'],
  [['max_traced_msg_len'], 'number'],
  [['jetstream', 'js'], 'boolean'],
  [['store_dir', 'sd'], 'text'],
  [['user'], 'text'],
  [['pass'], 'text'],
  [['auth'], 'text'],
  [['tls'], 'boolean'],
  [['tlscert'], 'text'],
  [['tlskey'], 'text'],
  [['tlsverify'], 'boolean'],
  [['tlscacert'], 'text'],
  [['routes'], 'text'],
  [['cluster'], 'text'],
  [['cluster_name'], 'text'],
  [['no_advertise'], 'boolean'],
  [['cluster_advertise'], 'text'],
  [['connect_retries'], 'number'],
  [['cluster_listen'], 'text'],
  [['profile'], 'number'],
  [['help', 'h'], 'boolean'],
  [['version', 'v'], 'boolean'],
  [['help_tls'], 'boolean'],
] as const satisfies readonly (readonly [readonly [string, ...string[]], FlagKind])[];

export type FlagName = (typeof FLAGS)[number][0][0];

/** What was given, by the first spelling of each flag. */
export type FlagValues = Partial<Record<FlagName, string | number | boolean>>;

export type ParsedFlags =
  | { readonly ok: true; readonly values: FlagValues; readonly words: readonly string[] }
  | { readonly ok: false; readonly error: string };

const BY_SPELLING: ReadonlyMap<string, { readonly name: FlagName; readonly kind: FlagKind }> = new Map(
  FLAGS.flatMap(([spellings, kind]) => spellings.map((spelling) => [spelling, { name: spellings[0], kind }] as const)),
);
const TRUE_WORDS = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const FALSE_WORDS = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

/** `words` is what follows the flags; errors read as Go prints them. */
export function parseFlags(argv: readonly string[]): ParsedFlags {
  const values: FlagValues = {};
  let index = 0;
  for (; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word.length < 2 || !word.startsWith('-')) break;
    if (word === '--') {
      index++;
      break;
    }
    const body = word.startsWith('--') ? word.slice(2) : word.slice(1);
    if (body === '' || body.startsWith('-') || body.startsWith('=')) return { ok: false, error: `bad flag syntax: ${word}` };
    const equals = body.indexOf('=');
    const spelling = equals < 0 ? body : body.slice(0, equals);
    const flag = BY_SPELLING.get(spelling);
    if (flag === undefined) return { ok: false, error: `flag provided but not defined: -${spelling}` };
    let text: string | undefined = equals < 0 ? undefined : body.slice(equals + 1);
    if (text === undefined && flag.kind === 'boolean') text = 'true';
    if (text === undefined) text = argv[++index];
    if (text === undefined) return { ok: false, error: `flag needs an argument: -${spelling}` };
    const value = parseValue(flag.kind, text);
    if (value === undefined) {
      const what = flag.kind === 'boolean' ? 'boolean value' : 'value';
      return {
        ok: false,
        error: `invalid ${what} ${JSON.stringify(text)} for ${flag.kind === 'boolean' ? '' : 'flag '}-${spelling}: parse error`,
      };
    }
    values[flag.name] = value;
  }
  return { ok: true, values, words: argv.slice(index) };
}

function parseValue(kind: FlagKind, text: string): string | number | boolean | undefined {
  switch (kind) {
    case 'text':
      return text;
    case 'number':
      return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined;
    case 'boolean':
      if (TRUE_WORDS.includes(text)) return true;
      return FALSE_WORDS.includes(text) ? false : undefined;
  }
}
