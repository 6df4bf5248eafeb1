import { FoundRows } from '../../src/query/scan/found-rows.ts';
import { putEntries } from '../../src/query/scan/put-entries.ts';
import { JsonBytes } from '../../src/wire/json/json-bytes.ts';
import { SampleLists } from '../../src/wire/result/sample-json.ts';
import { sampleLines } from '../logs/lines.ts';
import type { LineKind } from '../logs/topology.ts';
import { expectCount, type MicroBench } from './measure.ts';

const SERIES = 300;
const POINTS = 288;
const ENTRIES = 1000;
const STEP_MS = 300_000;
const FIRST_MS = 1_700_000_000_000;

/** What answers are written from. */
export function answerBenches(): MicroBench[] {
  return [
    points('two decimals', (i) => ((i * 7919) % 100_000) / 100),
    points('thirds', (i) => ((i * 7919) % 100_000) / 3),
    points('integers', (i) => (i * 7919) % 100_000),
    entries('json'),
    entries('nginx'),
  ];
}

function points(name: string, numberAt: (i: number) => number): MicroBench {
  const timesMs = Array.from({ length: POINTS }, (_, i) => FIRST_MS + i * STEP_MS);
  const present = new Uint8Array(POINTS).fill(1);
  const series = Array.from({ length: SERIES }, (_, s) => ({
    timesMs,
    values: Float64Array.from({ length: POINTS }, (__, i) => numberAt(s * POINTS + i)),
    present,
  }));
  const out = new JsonBytes();
  const written = (): number => {
    out.reset();
    const lists = new SampleLists(out);
    for (const one of series) lists.put(one);
    return out.length;
  };
  const expected = written();
  return {
    name: `print points, ${name} points=${SERIES * POINTS}`,
    rows: SERIES * POINTS,
    bytes: expected,
    run: () => expectCount('bytes', written(), expected),
  };
}

function entries(kind: LineKind): MicroBench {
  const found = new FoundRows();
  for (const [i, line] of sampleLines(kind, ENTRIES).entries()) {
    const bytes = Buffer.from(line);
    found.add(19_000, i * 1_000_003, 1, 0, bytes, 0, bytes.length);
  }
  const tails = [Buffer.from(']')];
  const labelIds = new Uint32Array(ENTRIES);
  const ends = new Int32Array(ENTRIES);
  const out = new JsonBytes();
  const written = (): number => {
    out.reset();
    putEntries(out, found, 'plain', tails, labelIds, ends);
    return out.length;
  };
  const expected = written();
  return {
    name: `print entries, ${kind} rows=${ENTRIES}`,
    rows: ENTRIES,
    bytes: expected,
    run: () => expectCount('bytes', written(), expected),
  };
}
