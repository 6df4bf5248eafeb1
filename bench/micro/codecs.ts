import { compressFrame, decompressFrame } from '../../src/chunk/bytes/compress.ts';
import { decodeTimes, encodeTimes, maxTimesBytes } from '../../src/chunk/times.ts';
import { compressSnappy, uncompressSnappy } from '../../src/wire/push/snappy-body.ts';
import { sampleLines } from '../logs/lines.ts';
import { Random } from '../logs/random.ts';
import { expectCount, type MicroBench } from './measure.ts';

const ROWS = 65_536;
/** As large as a block of lines in a segment. */
const BLOCK_BYTES = 256 * 1024;
const BODY_BYTES = 1024 * 1024;

/** Times of rows, the bytes of a segment's blocks, and push bodies. */
export function codecBenches(): MicroBench[] {
  return [...timeBenches('ms', 1e6), ...timeBenches('ns', 1), ...zstdBenches(), ...snappyBenches()];
}

function timeBenches(unit: string, unitNs: number): MicroBench[] {
  const random = new Random(3);
  const times = new Float64Array(ROWS);
  let now = 0;
  for (let i = 0; i < ROWS; i++) {
    now += Math.floor(random.exponential(20_000_000) / unitNs) * unitNs;
    times[i] = now;
  }
  const encoded = new Uint8Array(maxTimesBytes(ROWS));
  const length = encodeTimes(times, ROWS, encoded, 0);
  const decoded = new Float64Array(ROWS);
  const bytes = times.byteLength;
  const perRow = (length / ROWS).toFixed(2);
  return [
    {
      name: `encode times unit=${unit} rows=${ROWS} (${perRow} B/row)`,
      rows: ROWS,
      bytes,
      run: () => expectCount('bytes', encodeTimes(times, ROWS, encoded, 0), length),
    },
    {
      name: `decode times unit=${unit} rows=${ROWS}`,
      rows: ROWS,
      bytes,
      run: () => expectCount('bytes', decodeTimes(encoded, 0, length, ROWS, decoded), length),
    },
  ];
}

/** Lines of all kinds, joined by line feeds, of about `size` bytes. */
function textBlock(size: number): { text: Buffer; rows: number } {
  const kinds = (['nginx', 'json', 'logfmt', 'java'] as const).map((kind) => sampleLines(kind, Math.ceil(size / 500)));
  const lines = kinds.flat();
  const text = Buffer.from(lines.join('\n'));
  return { text: text.subarray(0, size), rows: Math.round((lines.length * size) / text.length) };
}

function zstdBenches(): MicroBench[] {
  const { text, rows } = textBlock(BLOCK_BYTES);
  return [1, 3].flatMap((level) => {
    const frame = compressFrame(text, level);
    const ratio = (frame.bytes.length / text.length).toFixed(3);
    return [
      {
        name: `compress block zstd=${level} bytes=${text.length} (${ratio} of raw)`,
        rows,
        bytes: text.length,
        run: () => expectCount('bytes', compressFrame(text, level).bytes.length, frame.bytes.length),
      },
      {
        name: `decompress block zstd=${level} bytes=${text.length}`,
        rows,
        bytes: text.length,
        run: () =>
          expectCount('bytes', decompressFrame(frame.codec, frame.bytes, text.length, 'bench').length, text.length),
      },
    ];
  });
}

function snappyBenches(): MicroBench[] {
  const { text, rows } = textBlock(BODY_BYTES);
  const compressed = compressSnappy(text);
  return [
    {
      name: `compress body snappy bytes=${text.length}`,
      rows,
      bytes: text.length,
      run: () => expectCount('bytes', compressSnappy(text).length, compressed.length),
    },
    {
      name: `uncompress body snappy bytes=${text.length}`,
      rows,
      bytes: text.length,
      run: () => expectCount('bytes', uncompressSnappy(compressed, BODY_BYTES).length, text.length),
    },
  ];
}
