import { join } from 'node:path';
import { writeSegmentFixture } from './fixture.ts';

/**
 * Writes `v3-filters/`: a segment of format version 3 with lines whose words are keys of skip filters, and the rows that must be read
 * from it. Run once, before the version was released; the files are never written again, whatever the code becomes.
 */

const target = join(import.meta.dirname, 'v3-filters');

const NOW_MS = Date.UTC(2026, 10, 24, 12);
const FROM_NS = BigInt(NOW_MS) * 1_000_000n - 36_000_000_000_000n;
const LINES = [
  'GET /api/v1/products/123456 trace_id=4bf92f3577b34da6a3ce929d0e0e4736',
  'request 0f8fad5b-d9cb-469f-a165-70867728950e Completed in 17 ms',
  'java.lang.OutOfMemoryError: Java heap space',
  'Ihre Bestellung ist unterwegs \u2013 danke f\u00fcr den Einkauf',
  'short words only, 12 34',
  'several\nlines in one entry: connection_pool_exhausted',
];

const streams = ['filters-a', 'filters-b'].map((app, s) => ({
  stream: { app },
  values: LINES.map((line, i) => [String(FROM_NS + BigInt(i * 1000 + s)), `${line} ${app}`]),
}));

await writeSegmentFixture(target, NOW_MS, streams);
