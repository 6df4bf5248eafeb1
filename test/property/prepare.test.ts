import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyBatch, type BatchOutcome, batchWork } from '../../src/ingest/apply-batch.ts';
import { TenantIngest } from '../../src/ingest/tenant-ingest.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/model/limits.ts';
import { PushBatch } from '../../src/wire/push/push-batch.ts';
import { decodePushProtobuf, walkPush } from '../../src/wire/push/push-protobuf.ts';
import { compressSnappy, uncompressPush } from '../../src/wire/push/snappy-body.ts';
import { MemorySink } from '../support/memory-sink.ts';
import { pushSchema } from '../support/push-schema.ts';

const NOW_SECONDS = 1_795_500_000;

const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'trace_id', 'traceID', 'pod', 'z9') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('_x', '__x', 'a.b', '9a', 'level', 'severity', 'severity_number', 'detected_level', 'ä'),
  },
);
const value = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 30 }) },
  { weight: 1, arbitrary: fc.constantFrom('', 'info', 'WARN', '17', 'x'.repeat(200), 'x'.repeat(20_000), 'ü', '�') },
);
const entry = fc.record({
  seconds: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: NOW_SECONDS - 3, max: NOW_SECONDS }) },
    { weight: 1, arbitrary: fc.constantFrom(0, -1, NOW_SECONDS - 8 * 86_400, NOW_SECONDS + 601, NOW_SECONDS + 86_400) },
  ),
  nanos: fc.nat(3),
  line: fc.oneof(
    {
      weight: 9,
      arbitrary: fc.constantFrom('', 'info x', 'level=warn', '{"level":"error"}', 'nothing', 'ärger debug'),
    },
    { weight: 1, arbitrary: fc.constant('y'.repeat(300)) },
  ),
  pairs: fc.oneof(fc.constant([]), fc.array(fc.record({ name, value }), { maxLength: 5 })),
});
const labels = fc.constantFrom('{app="a"}', '{app="b", level="info"}', '{app="b", level="odd"}', '{app="c"}', '{}');
const push = fc.array(fc.record({ labels, entries: fc.array(entry, { maxLength: 8 }) }), { maxLength: 4 });

const limits = fc.record<Partial<Limits>>(
  {
    maxLineSizeBytes: fc.constantFrom(0, 250),
    maxLineSizeTruncate: fc.boolean(),
    allowStructuredMetadata: fc.boolean(),
    discoverLogLevels: fc.boolean(),
    maxStructuredMetadataSizeBytes: fc.constantFrom(0, 40),
    maxStructuredMetadataEntriesCount: fc.constantFrom(0, 2),
    incrementDuplicateTimestamp: fc.boolean(),
    rejectOldSamples: fc.boolean(),
  },
  { requiredKeys: [] },
);

/** What a push did: outcome, rows, and which entries were taken with what. */
function applied(batch: PushBatch, some: Partial<Limits>, policy: 'validate' | 'replay'): unknown {
  const sink = new MemorySink();
  const state = new TenantIngest('fake');
  const context = {
    state,
    limits: { ...DEFAULT_LIMITS, ...some },
    sink,
    nowNs: BigInt(NOW_SECONDS) * 1_000_000_000n,
    policy,
  };
  let outcome: BatchOutcome;
  try {
    outcome = applyBatch(batch, context);
  } catch (error) {
    return String(error);
  }
  const { accepted, pushedBytes, metadata, metadataStart, metadataEnd } = batchWork;
  const entries = Array.from({ length: batch.entryCount }, (_, i) => {
    const encoded = metadata.bytes.subarray(metadataStart[i], metadataEnd[i]).toString('hex');
    return [accepted[i], pushedBytes[i], accepted[i] === 1 ? encoded : ''];
  });
  return {
    outcome: { ...outcome, discards: [...outcome.discards] },
    rows: [...sink.streams.values()].map(({ rows }) => rows),
    entries,
  };
}

test('a push does the same with the kernel as without', () => {
  let prepared = 0;
  fc.assert(
    fc.property(push, limits, fc.constantFrom('validate', 'replay'), (streams, some, policy) => {
      const message = streams.map((stream) => ({
        labels: stream.labels,
        entries: stream.entries.map(({ seconds, nanos, line, pairs }) => ({
          timestamp: { seconds, nanos },
          line: Buffer.from(line),
          structuredMetadata: pairs,
        })),
      }));
      const raw = Buffer.from(pushSchema.encode(pushSchema.fromObject({ streams: message })).finish());
      const plain = new PushBatch();
      walkPush(Buffer.from(raw), plain);
      const expected = applied(plain, some, policy);
      const batch = new PushBatch();
      decodePushProtobuf(uncompressPush(compressSnappy(raw), raw.length), batch);
      if (batch.kernel !== undefined) prepared++;
      expect(applied(batch, some, policy)).toEqual(expected);
    }),
    { numRuns: 3000 },
  );
  expect(prepared).toBeGreaterThan(1000);
});
