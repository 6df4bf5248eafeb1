import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PushHarness } from '../../support/push-harness.ts';

interface RecordedPush {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends all recorded bodies of a client in their order. */
async function sendRecorded(client: string): Promise<PushHarness> {
  const harness = new PushHarness();
  const folder = new URL(`../../clients/recorded/${client}/`, import.meta.url);
  const bodies = readdirSync(folder).filter((name) => name.endsWith('.bin'));
  expect(bodies.length).toBeGreaterThan(5);
  for (const name of bodies.sort()) {
    const { path, headers } = JSON.parse(
      readFileSync(new URL(name.replace('.bin', '.json'), folder), 'utf8'),
    ) as RecordedPush;
    const encoding = headers['content-encoding'];
    const reply = await harness.send({
      kind: path === '/otlp/v1/logs' ? 'otlp' : 'push',
      contentType: headers['content-type'],
      ...(encoding === undefined ? {} : { contentEncoding: encoding }),
      body: readFileSync(new URL(name, folder)),
    });
    expect(reply.status).toBe(204);
  }
  expect(harness.replay().sink.rows()).toEqual(harness.sink.rows());
  return harness;
}

describe('Promtail', async () => {
  const rows = (await sendRecorded('promtail')).sink.rows();
  const of = (container: string, stream: string) =>
    rows.filter(({ labels }) => labels['container'] === container && labels['stream'] === stream);

  test('every line has arrived', () => {
    expect(of('cart', 'stdout').length).toBe(600);
    expect(of('cart', 'stderr').length).toBe(12);
    expect(of('coredns', 'stdout').length + of('coredns', 'stderr').length).toBe(600);
    expect(rows.length).toBe(1212);
  });

  test('lines, metadata, labels and times are whole', () => {
    for (const row of of('cart', 'stdout')) {
      const line = JSON.parse(row.line) as Record<string, string>;
      expect(row.metadata).toEqual({ level: line['level'], trace_id: line['trace_id'], detected_level: line['level'] });
      expect(row.labels['service_name']).toBe('cart');
      expect(new Date(Number(row.ns / 1_000_000n)).toISOString()).toMatch(/^2026-11-23T/);
    }
    expect(of('cart', 'stdout').some((row) => row.line.includes('장바구니 담기 🛒'))).toBe(true);
  });
});

describe('Fluent Bit', async () => {
  const rows = (await sendRecorded('fluent-bit')).sink.rows();
  const byJob = (job: string | undefined) => rows.filter(({ labels }) => labels['job'] === job);

  test('JSON lines with label keys and metadata', () => {
    const found = byJob('fluent-bit').filter(({ labels }) => labels['cluster'] === 'dev');
    expect(found.length).toBe(12);
    for (const row of found) {
      expect(row.metadata).toEqual({ n: '42', trace_id: 'a6a3a4506513270e269e0d37f2a74de4', detected_level: 'info' });
      expect(row.labels['kubernetes_pod_name']).toBe('cart-7d9f');
      expect(JSON.parse(row.line)).toMatchObject({ log: '장바구니 담기 ok' });
    }
  });

  test('key=value lines, plain defaults and OTLP', () => {
    expect(byJob('fluent-bit-kv').length).toBe(12);
    expect(new Set(byJob('fluent-bit-kv').map((row) => row.line))).toEqual(
      new Set(['log="장바구니 담기 ok" level="info" ok=true none=null']),
    );
    expect(byJob('fluent-bit').filter(({ labels }) => labels['env'] === 'dev').length).toBe(6);
    expect(byJob(undefined).filter((row) => row.line === '장바구니 담기 ok').length).toBe(12);
    expect(byJob(undefined).filter((row) => row.line === 'disk "sda" at 91%\tline').length).toBe(6);
  });
});
