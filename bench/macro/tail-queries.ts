/** A live tail, and by which lines it is to be judged. */
export interface TailQuery {
  readonly query: string;
  /** Never reads until the load is over. */
  readonly isStuck?: boolean;
  /** The stream is one of the tail's, by the text of its labels. */
  readonly stream: (labels: string) => boolean;
  readonly line?: (text: string) => boolean;
}

const everything = (): boolean => true;
const has =
  (text: string) =>
  (labels: string): boolean =>
    labels.includes(text);

/** Seconds of a Go duration with one unit. */
function seconds(text: string): number {
  const [, value, unit] = /^([0-9.]+)(s|ms|µs|us|ns|m|h)$/.exec(text) ?? [];
  const factor = { h: 3600, m: 60, s: 1, ms: 1e-3, µs: 1e-6, us: 1e-6, ns: 1e-9 }[unit ?? ''] ?? Number.NaN;
  return Number(value) * factor;
}

/** Tails of people and of machines: everything, one app, filters, parsers, and one whose client is stuck. */
export const TAIL_QUERIES: readonly TailQuery[] = [
  { query: '{cluster=~".+"}', stream: everything },
  { query: '{cluster=~".+"}', stream: everything, isStuck: true },
  { query: '{namespace="shop"}', stream: has('namespace="shop"') },
  { query: '{app="orders"}', stream: has('app="orders"') },
  { query: '{cluster=~".+"} |= "error"', stream: everything, line: (text) => text.includes('error') },
  { query: '{cluster="prod"} |~ "(?i)timeout"', stream: has('cluster="prod"'), line: (text) => /timeout/i.test(text) },
  { query: '{cluster="staging"} != "GET"', stream: has('cluster="staging"'), line: (text) => !text.includes('GET') },
  {
    query: '{app="api-gateway"} | json | http_status>=500',
    stream: has('app="api-gateway"'),
    line: (text) => text.includes('"status":5'),
  },
  {
    query: '{app="kubelet"} | logfmt | duration > 1s',
    stream: has('app="kubelet"'),
    line: (text) => seconds(/(?:^| )duration=(\S+)/.exec(text)?.[1] ?? '') > 1,
  },
  {
    query: '{app="nginx-ingress"} | pattern `<_> "<method> <_>" <status> <_>` | status="404"',
    stream: has('app="nginx-ingress"'),
    line: (text) => /^[^"]* "[^ ]* [^"]*" 404 /.test(text),
  },
];
