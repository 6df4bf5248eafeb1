import snappy from 'snappy';

/** Reader of the push bodies of `push-body.ts`, for benches that need to know which lines they send. */

/** Calls back for every entry of a body. `bytes[start, end)` is its line; `labels` the text of its stream's labels. */
export function eachLine(
  body: Buffer,
  onLine: (labels: string, bytes: Buffer, start: number, end: number) => void,
): void {
  const bytes = snappy.uncompressSync(body, { asBuffer: true }) as Buffer;
  const reader = new FieldReader(bytes);
  for (let at = 0; at < bytes.length; at = reader.end) {
    reader.read(at);
    eachEntry(bytes, reader.start, reader.end, onLine);
  }
}

function eachEntry(
  bytes: Buffer,
  from: number,
  to: number,
  onLine: (labels: string, bytes: Buffer, start: number, end: number) => void,
): void {
  const stream = new FieldReader(bytes);
  const entry = new FieldReader(bytes);
  let labels = '';
  for (let at = from; at < to; at = stream.end) {
    stream.read(at);
    if (stream.field === 1) {
      labels = bytes.toString('utf8', stream.start, stream.end);
      continue;
    }
    for (let inner = stream.start; inner < stream.end; inner = entry.end) {
      entry.read(inner);
      if (entry.field === 2) onLine(labels, bytes, entry.start, entry.end);
    }
  }
}

/** Fields of bytes, one after the other; all of those that are read here have a length. */
class FieldReader {
  readonly #bytes: Buffer;
  field = 0;
  start = 0;
  end = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(at: number): void {
    this.field = this.#bytes[at]! >> 3;
    let length = 0;
    let factor = 1;
    let next = at + 1;
    for (;;) {
      const byte = this.#bytes[next++]!;
      length += (byte & 127) * factor;
      if (byte < 128) break;
      factor *= 128;
    }
    this.start = next;
    this.end = next + length;
  }
}
