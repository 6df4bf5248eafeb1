import type { GrafanaClient } from './grafana.ts';

const NS_PER_S = 1_000_000_000n;

/** A quarter of an hour ago, at a full minute: everything lies in the last hour. */
export const BASE_NS: bigint = BigInt(Math.floor(Date.now() / 60_000) * 60 - 900) * NS_PER_S;
export const START_NS: bigint = BASE_NS - 1200n * NS_PER_S;
export const END_NS: bigint = BASE_NS + 600n * NS_PER_S;
/** The range of most checks: half an hour around the data, as nanoseconds. */
export const RANGE: { readonly start: bigint; readonly end: bigint } = { start: START_NS, end: END_NS };
/** The same as Logs Drilldown writes it. */
export const ISO_RANGE: { readonly start: string; readonly end: string } = { start: iso(START_NS), end: iso(END_NS) };

export const at = (seconds: number): bigint => BASE_NS + BigInt(Math.round(seconds * 1000)) * 1_000_000n;
export function iso(ns: bigint): string {
  return new Date(Number(ns / 1_000_000n)).toISOString();
}

export const ODD_VALUE = 'a "b" \\ c|d';
const LEVELS = ['info', 'warn', 'error', 'info'] as const;

/** 120 lines of one second each: a quarter warn, a quarter error, half info. */
export const LOGFMT_LINES: readonly string[] = Array.from(
  { length: 120 },
  (_, i) =>
    `level=${LEVELS[i % 4]} method=${i % 2 === 0 ? 'GET' : 'POST'} status=${i % 10 === 0 ? 500 : 200} duration=${(i % 4) + 1}0ms size=${(i % 3) + 1}KB ratio=0.${i % 10} user=u${i % 7} msg="request ${i} done"`,
);
export const JSON_LINES: readonly string[] = Array.from({ length: 60 }, (_, i) =>
  JSON.stringify({
    level: LEVELS[i % 4],
    a: { b: `v${i % 3}`, c: i },
    ok: i % 2 === 0,
    ratio: i + 0.5,
    took: `${i + 1}ms`,
    list: [1, 2],
    msg: `json ${i}`,
  }),
);
export const TEXT_LINES: readonly string[] = [
  'plain text without anything',
  'unicode: grüße 日本語 🎉 \u00a0',
  '\u001b[31mred\u001b[0m alert',
  'quotes " and \' and `back` and \\ backslash',
  'tabs\tand\nnewlines',
  '<html> & entities </html>',
];
export const BURST = 20;

const metadata = (i: number): object => ({ trace_id: `t${i % 5}`, pod: `pod-${i % 2}` });
const entry = (timeNs: bigint, line: string, extra?: object): unknown[] =>
  extra === undefined ? [String(timeNs), line] : [String(timeNs), line, extra];

/** Pushes the data that the checks count on. */
export async function pushGrafanaData(client: GrafanaClient): Promise<void> {
  await client.push([
    {
      stream: { app: 'shop', env: 'prod' },
      values: LOGFMT_LINES.map((line, i) => entry(at(i), line, metadata(i))),
    },
    { stream: { app: 'api', env: 'dev' }, values: JSON_LINES.map((line, i) => entry(at(2 * i), line, metadata(i))) },
    { stream: { app: 'text', env: 'dev' }, values: TEXT_LINES.map((line, i) => entry(at(i), line)) },
    {
      stream: { app: 'burst' },
      values: Array.from({ length: BURST }, (_, i) => entry(at(30) + BigInt(i * 7), `burst ${i}`)),
    },
    { stream: { app: 'odd', odd: ODD_VALUE }, values: [entry(at(5), 'odd one')] },
    ...['', '1', '2', '3'].map((shard, s) => ({
      stream: { app: 'sharded', ...(shard === '' ? {} : { __stream_shard__: shard }) },
      values: Array.from({ length: 10 }, (_, i) => entry(at(i * 4 + s), `shard ${shard} line ${i}`)),
    })),
  ]);
}
