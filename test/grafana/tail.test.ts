import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { GrafanaClient } from '../support/grafana.ts';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';

interface Frame {
  readonly streams: readonly {
    readonly stream: Record<string, string>;
    readonly values: readonly (readonly [string, string, object?])[];
  }[];
  readonly dropped_entries?: readonly { readonly timestamp: string; readonly labels: Record<string, string> }[];
  readonly encodingFlags?: readonly string[];
}

/** A tail as a browser opens it through Grafana's proxy. */
class TailClient {
  readonly frames: Frame[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly opened: Promise<void>;
  readonly socket: WebSocket;
  pings = 0;
  #wake: () => void = () => undefined;

  constructor(url: string, path: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(url.replace('http', 'ws') + path, {
      origin: 'http://grafana.example',
      perMessageDeflate: true,
      headers,
    });
    this.socket.on('message', (data: Buffer, isBinary: boolean) => {
      expect(isBinary).toBe(false);
      this.frames.push(JSON.parse(data.toString()) as Frame);
      this.#wake();
    });
    this.socket.on('ping', () => {
      this.pings++;
      this.#wake();
    });
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('error', reject);
    });
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code: number, reason: Buffer) => {
        resolve({ code, reason: reason.toString() });
        this.#wake();
      });
    });
    // Refusals are looked at through `opened`.
    this.opened.catch(() => undefined);
  }

  get lines(): string[] {
    return this.frames.flatMap((frame) => frame.streams.flatMap(({ values }) => values.map(([, line]) => line)));
  }

  /** Waits for something that a message or ping brings about; the test's own time limit ends a wait in vain. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

const tailPath = (query: string, extra = ''): string => `/loki/api/v1/tail?query=${encodeURIComponent(query)}${extra}`;
const grafana = new GrafanaClient();
const folder = mkdtempSync(join(tmpdir(), 'halogi-tail-'));
let server: RunningHalogi;
let nextMs = Date.now();

/** Pushes lines, each a millisecond after the one before. @returns their times */
async function push(app: string, lines: readonly string[], metadata?: object): Promise<string[]> {
  nextMs = Math.max(nextMs, Date.now());
  const values = lines.map((line) => [`${nextMs++}000000`, line, ...(metadata === undefined ? [] : [metadata])]);
  await grafana.push([{ stream: { app }, values }]);
  return values.map(([time]) => time as string);
}

async function metric(name: string): Promise<number> {
  const { text } = await grafana.get('/metrics');
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

beforeAll(async () => {
  server = await startHalogi(folder);
  grafana.url = server.url;
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('before the upgrade', () => {
  it.each([
    ['F1', '{app="a"', '', 'parse error at line 1'],
    ['F1 stage', '{app="a"} |~ "("', '', 'error parsing regexp'],
    ['delay', '{app="a"}', '&delay_for=6', "delay_for can't be greater than 5"],
    ['limit', '{app="a"}', '&limit=x', 'strconv.Atoi'],
    ['start', '{app="a"}', '&start=x', "could not parse 'start' parameter"],
  ])('%s: %s%s is refused with 400 and a reason', async (_id, query, extra, text) => {
    const { opened, socket } = new TailClient(grafana.url, tailPath(query, extra));
    const body = await new Promise<string>((resolve) => {
      socket.on('unexpected-response', (_request, response) => {
        let read = '';
        response.on('data', (part: Buffer) => (read += part));
        response.on('end', () => resolve(`${response.statusCode} ${read}`));
      });
    });
    expect(body).toMatch(/^400 /);
    expect(body).toContain(text);
    opened.catch(() => undefined);
  });

  it('a plain request is a bad one', async () => {
    const { status, text } = await grafana.get('/loki/api/v1/tail', { query: '{app="a"}' });
    expect([status, text]).toEqual([400, 'Bad Request\n']);
  });

  it('other upgrades are passed over', async () => {
    const status = await new Promise((resolve) => {
      const headers = {
        connection: 'Upgrade, HTTP2-Settings',
        upgrade: 'h2c',
        'http2-settings': 'AAMAAABkAAQAoAAAAAIAAAAA',
      };
      request(`${grafana.url}/loki/api/v1/labels`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(status).toBe(200);
  });
});

it('F2: 101 with the right key and no extensions, whatever the origin, and pings', async () => {
  const key = 'dGhlIHNhbXBsZSBub25jZQ==';
  const answer = await new Promise<{
    status: number | undefined;
    accept: string | undefined;
    extensions: string | undefined;
  }>((resolve) => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      origin: 'http://grafana.example',
      'sec-websocket-key': key,
      'sec-websocket-version': '13',
      'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits',
    };
    const asked = request(grafana.url + tailPath('{app="a"}'), { headers });
    asked.on('upgrade', (response, socket) => {
      socket.destroy();
      const { 'sec-websocket-accept': accept, 'sec-websocket-extensions': extensions } = response.headers;
      resolve({ status: response.statusCode, accept, extensions });
    });
    asked.end();
  });
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  expect(answer).toEqual({ status: 101, accept, extensions: undefined });
  const tail = new TailClient(grafana.url, tailPath('{app="a"}'));
  await tail.until(() => tail.pings >= 2);
  await tail.close();
});

describe('F3: entries', () => {
  it('history in ascending order, then live ones, each once, by the filter', async () => {
    await push(
      'seam',
      Array.from({ length: 30 }, (_, i) => `keep ${i}`),
    );
    const tail = new TailClient(grafana.url, tailPath('{app="seam"} |= `keep`', '&limit=10'));
    const sent: string[] = [];
    // Pushes before, while and after the tail opens: what is in the history must not come live, and nothing may be missing.
    for (let i = 30; i < 60; i++) {
      await push('seam', [`keep ${i}`, `leave ${i}`]);
      sent.push(`keep ${i}`);
    }
    await tail.until(() => tail.lines.includes('keep 59'));
    const lines = tail.lines;
    expect(new Set(lines).size).toBe(lines.length);
    const first = Number(lines[0]!.slice(5));
    expect(lines).toEqual(Array.from({ length: 60 - first }, (_, i) => `keep ${first + i}`));
    expect(first).toBeGreaterThanOrEqual(20);
    for (const { streams } of tail.frames) {
      expect(streams.length).toBeLessThanOrEqual(100);
      for (const { values } of streams)
        expect(values).toEqual([[expect.stringMatching(/^\d{19}$/), expect.any(String)]]);
    }
    await tail.close();
  });

  it('labels: metadata and parsed fields join the stream; apart when asked', async () => {
    const plain = new TailClient(grafana.url, tailPath('{app="labels"} | logfmt'));
    const apart = new TailClient(grafana.url, tailPath('{app="labels"} | logfmt'), {
      'X-Loki-Response-Encoding-Flags': 'categorize-labels',
    });
    await Promise.all([plain.opened, apart.opened]);
    const [time] = await push('labels', ['level=warn a=1'], { trace: 't' });
    await Promise.all([plain, apart].map((tail) => tail.until(() => tail.lines.length === 1)));
    expect(plain.frames[0]).toEqual({
      streams: [
        {
          stream: { a: '1', app: 'labels', detected_level: 'warn', level: 'warn', service_name: 'labels', trace: 't' },
          values: [[time, 'level=warn a=1']],
        },
      ],
    });
    expect(apart.frames[0]).toEqual({
      streams: [
        {
          stream: { app: 'labels', service_name: 'labels' },
          values: [
            [
              time,
              'level=warn a=1',
              { structuredMetadata: { detected_level: 'warn', trace: 't' }, parsed: { a: '1', level: 'warn' } },
            ],
          ],
        },
      ],
      encodingFlags: ['categorize-labels'],
    });
    await Promise.all([plain.close(), apart.close()]);
  });

  it('repeats of a stored line are not shown again', async () => {
    const tail = new TailClient(grafana.url, tailPath('{app="repeat"}'));
    await tail.opened;
    const value = [`${Date.now()}000000`, 'once'];
    await grafana.push([{ stream: { app: 'repeat' }, values: [value] }]);
    await grafana.push([{ stream: { app: 'repeat' }, values: [value] }]);
    await push('repeat', ['last']);
    await tail.until(() => tail.lines.includes('last'));
    expect(tail.lines).toEqual(['once', 'last']);
    await tail.close();
  });

  it('a delay gives late lines time to come in order', async () => {
    const tail = new TailClient(grafana.url, tailPath('{app="late"}', '&delay_for=1'));
    await tail.opened;
    const now = Date.now();
    await grafana.push([{ stream: { app: 'late' }, values: [[`${now}000000`, 'second']] }]);
    await grafana.push([{ stream: { app: 'late' }, values: [[`${now - 5}000000`, 'first']] }]);
    await tail.until(() => tail.lines.length === 2);
    expect(tail.lines).toEqual(['first', 'second']);
    await tail.close();
  });

  it('/api/prom/tail has the older frames', async () => {
    const tail = new TailClient(grafana.url, `/api/prom/tail?query=${encodeURIComponent('{app="old"}')}`);
    await tail.opened;
    await push('old', ['line']);
    await tail.until(() => tail.frames.length > 0);
    expect(tail.frames[0]).toEqual({
      streams: [
        {
          labels: '{app="old", detected_level="unknown", service_name="old"}',
          entries: [{ ts: expect.stringMatching(/^\d{4}-.*Z$/), line: 'line' }],
        },
      ],
      dropped_entries: null,
    });
    await tail.close();
  });
});

describe('the end', () => {
  it.each([['/loki/api/v1/tail'], ['/api/prom/tail']])('%s: a metric query is closed with 1011', async (path) => {
    const tail = new TailClient(grafana.url, `${path}?query=${encodeURIComponent('rate({app="a"}[1m])')}`);
    expect(await tail.closed).toEqual({ code: 1011, reason: 'only log selector is supported' });
  });

  it('too long a range is closed with 1011', async () => {
    const tail = new TailClient(grafana.url, tailPath('{app="a"}', '&start=1000000000'));
    const { code, reason } = await tail.closed;
    expect(code).toBe(1011);
    expect(reason).toMatch(/^rpc error: code = Code\(400\) desc = the query time range exceeds the limit/);
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
  });

  it('more tails than allowed are closed with 1011; a place that is left is free again', async () => {
    expect(await metric('loki_querier_tail_active')).toBe(0);
    const tails = Array.from({ length: 10 }, () => new TailClient(grafana.url, tailPath('{app="a"}')));
    await Promise.all(tails.map((tail) => tail.until(() => tail.pings > 0)));
    expect(await metric('loki_querier_tail_active')).toBe(10);
    const eleventh = new TailClient(grafana.url, tailPath('{app="a"}'));
    expect(await eleventh.closed).toEqual({
      code: 1011,
      reason: 'rpc error: code = Code(400) desc = max concurrent tail requests limit exceeded, count > limit (11 > 10)',
    });
    await Promise.all(tails.map((tail) => tail.close()));
    const again = new TailClient(grafana.url, tailPath('{app="a"}'));
    await again.until(() => again.pings > 0);
    expect(await metric('loki_querier_tail_active')).toBe(1);
    expect((await grafana.get('/metrics')).text).toMatch(
      /loki_inflight_requests\{method="GET",route="loki_api_v1_tail"\} 1\n/,
    );
    await again.close();
  });
});

it('a client that does not read loses entries and is told, while pushes and other clients go on', async () => {
  const slow = new TailClient(grafana.url, tailPath('{app="flood"}'));
  const narrow = new TailClient(grafana.url, tailPath('{app="flood"} |= `marker`'));
  await Promise.all([slow.opened, narrow.opened, slow.until(() => slow.pings > 0)]);
  slow.socket.pause();
  const padding = 'x'.repeat(400);
  let count = 0;
  for (let body = 0; body < 40; body++) {
    await push(
      'flood',
      Array.from({ length: 3000 }, () => `line ${count++} ${padding}`),
    );
  }
  await push('flood', ['marker']);
  await narrow.until(() => narrow.lines.length > 0);
  expect(narrow.lines).toEqual(['marker']);
  slow.socket.resume();
  await slow.until(() => slow.frames.some((frame) => frame.dropped_entries !== undefined));
  const dropped = slow.frames.find((frame) => frame.dropped_entries !== undefined)!.dropped_entries!;
  expect(dropped.length).toBeLessThanOrEqual(1000);
  expect(dropped[0]).toEqual({
    timestamp: expect.stringMatching(/^\d{19}$/),
    labels: expect.objectContaining({ app: 'flood' }),
  });
  expect(await metric('halogi_tail_dropped_total')).toBeGreaterThan(1000);
  await Promise.all([slow.close(), narrow.close()]);
});

it('server-sent events carry the same frames', async () => {
  const left = new AbortController();
  const response = await fetch(`${grafana.url}/halogi/api/v1/tail?query=${encodeURIComponent('{app="events"}')}`, {
    signal: left.signal,
  });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  await push('events', ['one', 'two']);
  let text = '';
  for await (const part of response.body!) {
    text += Buffer.from(part).toString();
    if (text.includes('two')) break;
  }
  left.abort();
  const frames = text
    .split('\n\n')
    .filter((event) => event.startsWith('data: '))
    .map((event) => JSON.parse(event.slice(6)) as Frame);
  expect(frames.flatMap((frame) => frame.streams.map(({ values }) => values[0]![1]))).toEqual(['one', 'two']);
  const refused = await fetch(`${grafana.url}/halogi/api/v1/tail?query=${encodeURIComponent('rate({app="a"}[1m])')}`);
  expect([refused.status, await refused.text()]).toEqual([400, 'only log selector is supported']);
});

it('a stop of the server says so', async () => {
  const other = mkdtempSync(join(tmpdir(), 'halogi-tail-'));
  const stopping = await startHalogi(other);
  const tail = new TailClient(stopping.url, tailPath('{app="a"}'));
  await tail.until(() => tail.pings > 0);
  const [code, { code: closeCode }] = await Promise.all([stopping.stop(), tail.closed]);
  expect([code, closeCode]).toEqual([0, 1001]);
  rmSync(other, { recursive: true, force: true });
});
