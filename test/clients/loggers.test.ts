import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { pinoLoki } from 'pino-loki';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import winston from 'winston';
import LokiTransport from 'winston-loki';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';
import { type FoundLine, readLines } from '../support/loki-client.ts';

const folder = mkdtempSync(join(tmpdir(), 'halogi-loggers-'));
let server: RunningHalogi;
beforeAll(async () => {
  server = await startHalogi(folder, ['--auth_enabled', 'true']);
});
afterAll(async () => {
  await server.kill();
  rmSync(folder, { recursive: true });
});

const startNs = BigInt(Date.now() - 3_600_000) * 1_000_000n;
const RANGE = { startNs, endNs: startNs + 2n * 3600n * 10n ** 9n };
const find = (tenant: string, query: string): Promise<FoundLine[]> => readLines(server.url, query, { ...RANGE, tenant });

/** Runs the checks on rows of the head, then on the same rows in a segment. */
async function fromHeadAndSegments(check: () => Promise<void>): Promise<void> {
  await check();
  await fetch(`${server.url}/flush`, { method: 'POST', headers: { 'x-scope-orgid': 'x' } });
  await check();
}

describe('pino-loki', () => {
  /** Logs with the transport in this thread, so that its end can be awaited: then all is sent. */
  async function logWith(options: object, log: (logger: Logger) => void): Promise<void> {
    const transport = pinoLoki({ host: server.url, headers: { 'X-Scope-OrgID': 'pino' }, silenceErrors: false, ...options } as Parameters<typeof pinoLoki>[0]);
    log(pino({ base: { hostname: hostname() } }, transport));
    transport.end();
    await once(transport, 'close');
  }

  it('batched: labels, levels, properties, structured metadata, times', async () => {
    const beforeMs = Date.now();
    await logWith({ labels: { app: 'pino-batched' }, propsToLabels: ['region'], batching: { interval: 1 } }, (logger) => {
      for (let i = 0; i < 50; i++) logger.info({ region: 'eu', meta: { trace: `t${i}`, n: i } }, `order ${i} 주문 🛒`);
      logger.warn({ region: 'us' }, 'slow');
      logger.error(new Error('boom'), 'failed');
    });
    await fromHeadAndSegments(async () => {
      const orders = await find('pino', '{app="pino-batched", region="eu", level="info"}');
      expect(orders.map(({ line }) => JSON.parse(line).msg).sort()).toEqual(Array.from({ length: 50 }, (_, i) => `order ${i} 주문 🛒`).sort());
      for (const { labels, line, ns } of orders) {
        const logged = JSON.parse(line);
        expect(labels).toMatchObject({ hostname: hostname(), trace: logged.meta.trace, n: String(logged.meta.n), service_name: 'pino-batched', detected_level: 'info' });
        expect(ns).toBe(BigInt(logged.time) * 1_000_000n);
        expect(logged.time).toBeGreaterThanOrEqual(beforeMs);
      }
      expect((await find('pino', '{app="pino-batched"} | trace="t7"')).map(({ line }) => JSON.parse(line).msg)).toEqual(['order 7 주문 🛒']);
      expect((await find('pino', '{app="pino-batched", level="warning"}')).map(({ labels }) => labels['region'])).toEqual(['us']);
      const [failed] = await find('pino', '{app="pino-batched", level="error"} | json');
      expect(failed!.labels).toMatchObject({ err_message: 'boom', msg: 'failed' });
    });
  });

  it('one push a line', async () => {
    await logWith({ labels: { app: 'pino-single' }, batching: false }, (logger) => {
      for (let i = 0; i < 10; i++) logger.info(`line ${i}`);
    });
    const found = await find('pino', '{app="pino-single"}');
    expect(found.map(({ line }) => JSON.parse(line).msg).sort()).toEqual(Array.from({ length: 10 }, (_, i) => `line ${i}`));
  });
});

describe.each([
  ['JSON', true],
  ['protobuf', false],
])('winston-loki, %s', (name, json) => {
  const app = `winston-${name.toLowerCase()}`;

  it.each([true, false])('labels, levels and times of every line, batching %s', async (batching) => {
    const failures: unknown[] = [];
    const transport = new LokiTransport({
      host: server.url,
      json,
      batching,
      interval: 1,
      labels: { app, batching: String(batching) },
      headers: { 'X-Scope-OrgID': 'winston' },
      gracefulShutdown: false,
      replaceTimestamp: false,
      format: winston.format.json(),
      onConnectionError: (error) => failures.push(error),
    });
    const logger = winston.createLogger({ level: 'debug', transports: [transport] });
    const firstMs = Date.now() - 1000;
    for (let i = 0; i < 40; i++) logger.log({ level: i % 4 === 0 ? 'error' : 'debug', message: `결제 ${i}`, user: i, timestamp: firstMs + i });
    logger.info({ message: 'own label', labels: { region: 'eu' }, timestamp: firstMs + 100 });
    await transport.flush();
    await transport.close();
    expect(failures).toEqual([]);

    await fromHeadAndSegments(async () => {
      const found = await find('winston', `{app="${app}", batching="${batching}", region=""}`);
      const byTime = found.sort((a, b) => Number(a.ns - b.ns));
      expect(byTime.map(({ line }) => JSON.parse(line).message)).toEqual(Array.from({ length: 40 }, (_, i) => `결제 ${i}`));
      for (const [i, { labels, ns }] of byTime.entries()) {
        expect(labels).toMatchObject({ level: i % 4 === 0 ? 'error' : 'debug', service_name: app });
        // The protobuf form of this client has no structured metadata; the JSON form sends what is left of the entry.
        expect(labels['user']).toBe(json ? String(i) : undefined);
        expect(ns).toBe(BigInt(firstMs + i) * 1_000_000n);
      }
      expect((await find('winston', `{app="${app}", batching="${batching}", region="eu"}`)).length).toBe(1);
      expect((await find('winston', `{app="${app}", batching="${batching}"} | json | user = 7`)).length).toBe(1);
      expect(await find('pino', `{app="${app}"}`)).toEqual([]);
    });
  });
});
