import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { startHalogi } from './halogi-process.ts';

/** A stored line: its metadata and parsed labels apart, as the data source asks for them. */
export interface GrafanaRow {
  readonly stream: Readonly<Record<string, string>>;
  readonly timeNs: bigint;
  readonly line: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly parsed: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at member by member
  readonly json: any;
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

type Params = Readonly<Record<string, string | number | bigint | readonly string[]>>;

const CATEGORIZE = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };

/** Asks as Grafana's data source does: always GET, sorted parameters, its headers. */
export class GrafanaClient {
  url = '';
  /** What the server has logged so far. */
  log: () => string = () => '';

  async get(path: string, params: Params = {}, headers: Record<string, string> = {}): Promise<Answer> {
    const query = new URLSearchParams();
    for (const name of Object.keys(params).sort()) {
      const value = params[name]!;
      for (const one of typeof value === 'object' ? value : [value]) query.append(name, String(one));
    }
    const response = await fetch(`${this.url}${path}?${query}`, { headers });
    const text = await response.text();
    let json: unknown;
    if (/^[[{"]/.test(text)) json = JSON.parse(text);
    return { status: response.status, headers: response.headers, text, json };
  }

  /** A resource call: the browser's own headers travel along. */
  resource(path: string, params: Params = {}): Promise<Answer> {
    return this.get(`/loki/api/v1/${path}`, params, {
      'Accept-Encoding': 'gzip, deflate, br, zstd',
      Referer: 'http://grafana.example/explore',
      'X-Query-Tags': 'Source=grafana-lokiexplore-app',
    });
  }

  /** A data query over a range. */
  range(query: string, params: Params, headers: Record<string, string> = {}): Promise<Answer> {
    return this.get(
      '/loki/api/v1/query_range',
      { direction: 'backward', limit: 1000, step: '15000ms', ...params, query },
      { 'Accept-Encoding': 'gzip', ...CATEGORIZE, ...headers },
    );
  }

  instant(query: string, timeNs: bigint, headers: Record<string, string> = {}): Promise<Answer> {
    return this.get(
      '/loki/api/v1/query',
      { direction: 'backward', query, time: timeNs },
      { ...CATEGORIZE, ...headers },
    );
  }

  /** Rows of a categorised log answer in the order of the answer; checks the shape that the converter insists on. */
  async rows(query: string, params: Params, headers: Record<string, string> = {}): Promise<GrafanaRow[]> {
    return rowsOf(await this.range(query, params, headers));
  }

  async push(
    streams: readonly { readonly stream: object; readonly values: readonly (readonly unknown[])[] }[],
  ): Promise<void> {
    const response = await fetch(`${this.url}/loki/api/v1/push`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ streams }),
    });
    if (response.status !== 204) throw new Error(`push: ${response.status} ${await response.text()}`);
  }
}

/** @throws Error when a stream or entry has a member that the converter cannot pass over */
export function rowsOf(answer: Answer): GrafanaRow[] {
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
  const { data } = answer.json;
  if (data.resultType !== 'streams') throw new Error(`not streams but ${data.resultType}`);
  if (!data.encodingFlags?.includes('categorize-labels')) throw new Error('no encoding flag');
  if (!(answer.text.indexOf('"encodingFlags"') < answer.text.indexOf('"result":')))
    throw new Error('the flag comes too late');
  const rows: GrafanaRow[] = [];
  for (const stream of data.result) {
    if (Object.keys(stream).join() !== 'stream,values') throw new Error(`members ${Object.keys(stream)}`);
    for (const entry of stream.values) {
      const [time, line, third] = entry;
      if (entry.length !== 3 || typeof line !== 'string' || !/^\d{19}$/.test(time))
        throw new Error(JSON.stringify(entry));
      for (const key of Object.keys(third)) if (key !== 'structuredMetadata' && key !== 'parsed') throw new Error(key);
      const { structuredMetadata = {}, parsed = {} } = third;
      for (const value of [
        ...Object.values(structuredMetadata),
        ...Object.values(parsed),
        ...Object.values(stream.stream),
      ])
        if (typeof value !== 'string') throw new Error(`label value ${value}`);
      rows.push({ stream: stream.stream, timeNs: BigInt(time), line, metadata: structuredMetadata, parsed });
    }
  }
  return rows;
}

/** Series of a matrix or vector; checks that values are text and times ascend. */
export function samplesOf(answer: Answer): Sample[] {
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
  const { resultType, result } = answer.json.data;
  if (resultType !== 'matrix' && resultType !== 'vector') throw new Error(`not samples but ${resultType}`);
  return result.map(
    (one: { metric: Record<string, string>; values?: [number, string][]; value?: [number, string] }) => {
      const values = resultType === 'matrix' ? one.values! : [one.value!];
      for (const [i, [time, value]] of values.entries()) {
        if (typeof time !== 'number' || typeof value !== 'string') throw new Error(JSON.stringify([time, value]));
        if (i > 0 && time <= values[i - 1]![0]) throw new Error('times do not ascend');
      }
      return { metric: one.metric, values };
    },
  );
}

/** Sum of all samples of all series. */
export function total(samples: readonly Sample[]): number {
  let sum = 0;
  for (const { values } of samples) for (const [, value] of values) sum += Number(value);
  return sum;
}

/**
 * Runs the same checks twice on a real server: on lines that are in memory, and again when they are in segment files.
 *
 * @param load pushes the data
 * @param checks declares the tests
 */
export function onServer(
  load: (client: GrafanaClient) => Promise<void>,
  checks: (client: GrafanaClient) => void,
): void {
  const client = new GrafanaClient();
  const folder = mkdtempSync(join(tmpdir(), 'halogi-grafana-'));
  let stop: () => Promise<unknown> = async () => undefined;
  beforeAll(async () => {
    const server = await startHalogi(folder);
    stop = server.stop;
    client.url = server.url;
    client.log = server.log;
    await load(client);
  });
  afterAll(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });
  describe('from the head', () => checks(client));
  describe('from segments', () => {
    beforeAll(async () => {
      const response = await fetch(`${client.url}/flush`, { method: 'POST' });
      if (response.status !== 204) throw new Error(`flush: ${response.status}`);
    });
    checks(client);
  });
}
