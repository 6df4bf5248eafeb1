import { describe, expect, test } from 'vitest';
import { NOW_NS, PushHarness } from '../../support/push-harness.ts';

const HOUR_NS = 3_600_000_000_000n;
const at = (offsetNs: bigint): string => String(NOW_NS + offsetNs);
const S = '{a="b", service_name="unknown_service"}';
const stream = { a: 'b' };

async function answer(harness: PushHarness, ...values: unknown[]): Promise<string> {
  const reply = await harness.sendJson({ stream, values });
  return `${reply.status} ${reply.body}`;
}

describe('labels of a stream', () => {
  const send = async (labels: Record<string, string>, limits = {}): Promise<string> => {
    const reply = await new PushHarness(limits).sendJson({ stream: labels, values: [[at(0n), 'x']] });
    return `${reply.status} ${reply.body}`;
  };

  test('number', async () => {
    const names = Array.from({ length: 16 }, (_, i) => [`l${String(i).padStart(2, '0')}`, 'x'] as const);
    expect(await send(Object.fromEntries(names))).toMatch(
      /^400 entry for stream '\{l00="x", .*\}' has 16 label names; limit 15\n$/,
    );
    expect(await send(Object.fromEntries(names.slice(1)))).toBe('204 ');
  });

  test('length of name and value', async () => {
    const name = 'n'.repeat(1025);
    expect(await send({ [name]: 'x' })).toContain(`has label name too long: '${name}'`);
    const value = 'v'.repeat(2049);
    expect(await send({ a: value })).toContain(`' has label value too long: '${value}'`);
    expect(await send({ a: 'v'.repeat(2048), ['n'.repeat(1024)]: 'x' })).toBe('204 ');
  });

  test('enforced ones', async () => {
    expect(await send({ a: 'b' }, { enforcedLabels: ['x', 'a', 'y'] })).toBe(
      `400 missing required labels x,y for user fake for stream ${S}\n`,
    );
  });

  test('none at all, with discovery off', async () => {
    expect(await send({}, { discoverServiceName: [] })).toBe(
      '400 error at least one label pair is required per stream\n',
    );
  });

  test('equal names', async () => {
    const harness = new PushHarness();
    const reply = await harness.send({
      kind: 'legacy',
      body: JSON.stringify({
        streams: [{ labels: '{a="1", a="1"}', entries: [{ ts: '2026-11-24T00:00:00Z', line: 'x' }] }],
      }),
    });
    expect(reply.body).toBe(`stream '{a="1", a="1", service_name="unknown_service"}' has duplicate label name: 'a'\n`);
    expect(reply.outcome!.discards.get('duplicate_label_names')).toEqual({ entries: 1, bytes: 1 });
  });
});

describe('entries', () => {
  test('too old and too new, at the nanosecond', async () => {
    const harness = new PushHarness({
      rejectOldSamples: true,
      rejectOldSamplesMaxAgeMs: 3_600_000,
      creationGracePeriodMs: 60_000,
    });
    expect(await answer(harness, [at(-HOUR_NS), 'x'], [at(60_000_000_000n), 'y'])).toBe('204 ');
    expect(await answer(harness, [at(-HOUR_NS - 1n), 'x'])).toBe(
      `400 entry for stream '${S}' has timestamp too old: 2026-11-24T04:59:59Z, oldest acceptable timestamp is: 2026-11-24T05:00:00Z\n`,
    );
    expect(await answer(harness, [at(60_000_000_001n), 'x'])).toBe(
      `400 entry for stream '${S}' has timestamp too new: 2026-11-24T06:01:00Z\n`,
    );
    expect(harness.sink.rows().length).toBe(2);
  });

  test('good ones are stored beside bad ones; messages are counted', async () => {
    const harness = new PushHarness({ maxLineSizeBytes: 5 });
    const text = await answer(
      harness,
      [at(1n), 'good'],
      [at(2n), '123456'],
      [at(3n), '654321'],
      [at(4n), '1234567'],
      [at(5n), '12345'],
    );
    const message = (bytes: number): string =>
      `max entry size '5' bytes exceeded for stream '${S}' while adding an entry with length '${bytes}' bytes`;
    expect(text).toBe(`400 2 errors like: ${message(6)}; 1 errors like: ${message(7)}\n`);
    expect(harness.sink.rows().map((row) => row.line)).toEqual(['good', '12345']);
    expect(harness.records.length).toBe(1);
    expect(harness.replay().sink.rows()).toEqual(harness.sink.rows());
  });

  test('long lines can be cut', async () => {
    const harness = new PushHarness({
      maxLineSizeBytes: 8,
      maxLineSizeTruncate: true,
      maxLineSizeTruncateIdentifier: '…',
    });
    expect(await answer(harness, [at(1n), '1234567890'], [at(2n), '12345678'])).toBe('204 ');
    expect(harness.sink.rows().map((row) => row.line)).toEqual(['12345…', '12345678']);
    expect(harness.replay().sink.rows()).toEqual(harness.sink.rows());
  });

  test('metadata: size, number, forbidden', async () => {
    const harness = new PushHarness({ maxStructuredMetadataSizeBytes: 6, maxStructuredMetadataEntriesCount: 2 });
    expect(await answer(harness, [at(1n), 'x', { ab: '1234' }])).toBe('204 ');
    expect(await answer(harness, [at(1n), 'x', { ab: '12345' }])).toBe(
      `400 stream '${S}' has structured metadata too large: '7' bytes, limit: '6' bytes. Please see \`limits_config.max_structured_metadata_size\` or contact your Loki administrator to increase it\n`,
    );
    expect(await answer(harness, [at(1n), 'x', { a: '1', b: '', c: '' }])).toContain(
      `has too many structured metadata labels: '3', limit: '2'.`,
    );
    const off = new PushHarness({ allowStructuredMetadata: false });
    expect(await answer(off, [at(1n), 'info', { a: '1' }])).toBe(
      `400 stream '${S}' includes structured metadata, but this feature is disallowed. Please see \`limits_config.allow_structured_metadata\` or contact your Loki administrator to enable it\n`,
    );
    expect(await answer(off, [at(1n), 'info'])).toBe('204 ');
    expect(off.sink.rows()[0]!.metadata).toEqual({});
  });

  test('equal times can be told apart', async () => {
    const harness = new PushHarness({ incrementDuplicateTimestamp: true });
    const values = ['a', 'a', 'b', 'c', 'c'].map((line) => [at(0n), line]);
    expect(await answer(harness, ...values)).toBe('204 ');
    const rows = harness.sink.rows().map((row) => `${row.line}+${row.ns - NOW_NS}`);
    expect(rows).toEqual(['a+0', 'b+1', 'c+2', 'c+0']);
    expect(harness.replay().sink.rows()).toEqual(harness.sink.rows());
  });
});

describe('metadata', () => {
  const metadataOf = async (metadata: Record<string, string>): Promise<Record<string, string>> => {
    const harness = new PushHarness();
    expect(await answer(harness, [at(0n), 'x', metadata])).toBe('204 ');
    const { detected_level: _, ...rest } = harness.sink.rows()[0]!.metadata;
    return rest;
  };

  test('names are cleaned, empty values vanish, pairs are sorted', async () => {
    const pairs = await metadataOf({
      z: '1',
      'http.method': 'GET',
      '1num': 'n',
      'a b': 's',
      ünï: 'u',
      _x: 'p',
      __y: 'k',
      e: '',
      ___: 'u',
    });
    expect(Object.entries(pairs)).toEqual([
      ['___', 'u'],
      ['__y', 'k'],
      ['a_b', 's'],
      ['http_method', 'GET'],
      ['key_1num', 'n'],
      ['key_n_', 'u'],
      ['key_x', 'p'],
      ['z', '1'],
    ]);
  });

  test('of colliding names the last wins', async () => {
    expect(await metadataOf({ 'a.b': '1', a_b: '2', 'a-b': '3' })).toEqual({ a_b: '3' });
  });

  test.each(['...', '', '한글'])('a name that leaves nothing (%s) fails the whole request', async (name) => {
    const harness = new PushHarness();
    const reply = await harness.sendJson(
      { stream: { a: 'good' }, values: [[at(0n), 'x']] },
      { stream, values: [[at(0n), 'x', { [name]: 'v' }]] },
    );
    expect(reply.status).toBe(400);
    expect(reply.body).toMatch(/^normalization for label name ".*" resulted in invalid name "_*"\n$/);
    expect(harness.sink.rows()).toEqual([]);
    expect(harness.records).toEqual([]);
  });
});

describe('limits of the tenant', () => {
  test('rate: all or nothing, before any other error, refilled by time', async () => {
    const harness = new PushHarness({ ingestionRateBytesPerSecond: 10, ingestionBurstBytes: 20, maxLineSizeBytes: 30 });
    expect(await answer(harness, [at(0n), '123456789012', { k: '1234567' }])).toBe('204 ');
    expect(await answer(harness, [at(1n), 'x'], [at(1n), 'l'.repeat(31)])).toBe(
      `429 ingestion rate limit exceeded for user fake (limit: 10 bytes/sec) while attempting to ingest '1' lines totaling '1' bytes, reduce log volume or contact your Loki administrator to see if the limit can be increased\n`,
    );
    expect(harness.sink.rows().length).toBe(1);
    harness.nowNs += 100_000_000n;
    expect(await answer(harness, [at(1n), 'x'])).toBe('204 ');
    harness.nowNs += HOUR_NS;
    expect(await answer(harness, [at(1n), 'l'.repeat(21)])).toContain('429');
  });

  test('streams', async () => {
    const harness = new PushHarness({ maxGlobalStreamsPerUser: 1 });
    expect(await answer(harness, [at(0n), 'x'])).toBe('204 ');
    const reply = await harness.sendJson(
      { stream: { a: 'c' }, values: [[at(0n), 'x']] },
      { stream, values: [[at(1n), 'y']] },
    );
    expect(`${reply.status} ${reply.body}`).toBe(
      `429 maximum active stream limit exceeded when trying to create stream {a="c", service_name="unknown_service"}, reduce the number of active streams (reduce labels or reduce label values), or contact your Loki administrator to see if the limit can be increased, user: 'fake'\n`,
    );
    expect(harness.sink.rows().map((row) => row.line)).toEqual(['x', 'y']);
    expect(harness.replay().sink.rows()).toEqual(harness.sink.rows());
  });

  test('rate of a stream', async () => {
    const harness = new PushHarness({
      perStreamRateLimitBytes: 3 * 1024 * 1024,
      perStreamRateLimitBurstBytes: 3 * 1024 * 1024,
      maxLineSizeBytes: 0,
    });
    const reply = await harness.sendJson({
      stream,
      values: [['1700000000500000000', 'x'.repeat(3 * 1024 * 1024 + 1)]],
    });
    expect(`${reply.status} ${reply.body}`).toBe(
      `429 entry with timestamp 2023-11-14 22:13:20.5 +0000 UTC ignored, reason: 'Per stream rate limit exceeded (limit: 3MB/sec) while attempting to ingest for stream '${S}' totaling 3145729B, consider splitting a stream via additional labels or contact your Loki administrator to see if the limit can be increased',\nuser 'fake', total ignored: 1 out of 1 for stream: ${S}\n`,
    );
  });

  test('a block, until its time', async () => {
    const limits = { blockIngestionUntilMs: Number(NOW_NS / 1_000_000n) + 1000, blockIngestionStatusCode: 260 };
    const harness = new PushHarness(limits);
    expect(await answer(harness, [at(0n), 'x'])).toBe(
      `260 ingestion blocked for user fake until '2026-11-24T06:00:01Z' with status code '260'\n`,
    );
    harness.nowNs += 2_000_000_000n;
    expect(await answer(harness, [at(0n), 'x'])).toBe('204 ');
    expect(await answer(new PushHarness({ ...limits, blockIngestionStatusCode: 200 }), [at(0n), 'x'])).toBe('204 ');
  });
});

describe('the window for late entries', () => {
  const limits = { outOfOrderWindowMs: 3_600_000 };

  test('exactly at its edge is taken, a nanosecond before is not', async () => {
    const harness = new PushHarness(limits);
    expect(await answer(harness, [at(0n), 'new'], [at(-HOUR_NS), 'edge'])).toBe('204 ');
    expect(await answer(harness, [at(-HOUR_NS - 1n), 'late'])).toBe(
      `400 entry with timestamp 2026-11-24 04:59:59.999999999 +0000 UTC ignored, reason: 'entry too far behind, entry timestamp is: 2026-11-24T04:59:59Z, oldest acceptable timestamp is: 2026-11-24T05:00:00Z',\nuser 'fake', total ignored: 1 out of 1 for stream: ${S}\n`,
    );
    expect(harness.sink.rows().map((row) => row.line)).toEqual(['new', 'edge']);
  });

  test('ten are listed, all are counted; the good ones are stored and replayed', async () => {
    const harness = new PushHarness(limits);
    const late = Array.from({ length: 12 }, (_, i) => [at(-2n * HOUR_NS + BigInt(i)), `l${i}`]);
    const text = await answer(harness, [at(0n), 'new'], ...late, [at(1n), 'newer']);
    expect(text.match(/entry with timestamp/g)!.length).toBe(10);
    expect(text).toContain(`total ignored: 12 out of 14 for stream: ${S}\n`);
    expect(harness.sink.rows().map((row) => row.line)).toEqual(['new', 'newer']);
    expect(harness.replay().sink.rows()).toEqual(harness.sink.rows());
  });

  test('a failure of any stream is told', async () => {
    const harness = new PushHarness(limits);
    const reply = await harness.sendJson(
      {
        stream,
        values: [
          [at(0n), 'new'],
          [at(-2n * HOUR_NS), 'late'],
        ],
      },
      { stream: { a: 'c' }, values: [[at(0n), 'x']] },
    );
    expect(reply.status).toBe(400);
    expect(harness.sink.rows().length).toBe(2);
  });

  test('zero takes any age, and a stream that was let go starts afresh', async () => {
    expect(await answer(new PushHarness(), [at(0n), 'new'], ['1', 'ancient'], ['-1', 'older'])).toBe('204 ');
    const harness = new PushHarness(limits);
    await answer(harness, [at(0n), 'new']);
    for (const live of harness.sink.streams.values()) live.live = false;
    harness.sink.streams.clear();
    expect(await answer(harness, ['1', 'ancient'])).toBe('204 ');
  });
});

test('replay takes what limits would refuse by now', async () => {
  const harness = new PushHarness();
  await answer(harness, [at(0n), 'a long line'], ['5', 'ancient', { k: 'v' }]);
  const strict = {
    ...harness.limits,
    maxLineSizeBytes: 1,
    rejectOldSamples: true,
    ingestionRateBytesPerSecond: 1,
    maxLabelNamesPerSeries: 1,
  };
  expect(harness.replay(strict).sink.rows()).toEqual(harness.sink.rows());
});

test('new limits are seen by streams that are known already', async () => {
  const harness = new PushHarness();
  expect(await answer(harness, [at(0n), 'x'])).toBe('204 ');
  Object.assign(harness, { limits: { ...harness.limits, enforcedLabels: ['team'] } });
  expect(await answer(harness, [at(1n), 'x'])).toContain('missing required labels team');
});

test('a failing log is an error of its own kind', async () => {
  const { push } = await import('../../../src/ingest/push.ts');
  const { LogError } = await import('../../../src/base/errors.ts');
  const harness = new PushHarness();
  const reply = await push(
    {
      kind: 'push',
      headers: { contentType: 'application/json', contentEncoding: undefined },
      body: Buffer.from(JSON.stringify({ streams: [{ stream, values: [[at(0n), 'x']] }] })),
      bodyLimits: { maxBodyBytes: 1e6, maxDecompressedBytes: 1e6 },
    },
    {
      state: harness.state,
      limits: harness.limits,
      sink: harness.sink,
      nowNs: NOW_NS,
      log: () => Promise.reject(new LogError('DISK_FULL', 'no space left')),
    },
  );
  expect([reply.status, reply.body]).toEqual([503, 'no space left\n']);
});
