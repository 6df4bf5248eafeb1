import { readFileSync } from 'node:fs';
import {
  ACCEPTED_AT,
  BODY_AT,
  BODY_BYTES,
  ENTRY_CAPACITY,
  FIRST_ENTRY_AT,
  INPUT_AT,
  INPUT_BYTES,
  LABEL_END_AT,
  LABEL_START_AT,
  LEVEL_AT,
  LINE_END_AT,
  LINE_START_AT,
  MEMORY_PAGES,
  METADATA_AT,
  METADATA_BYTES,
  METADATA_END_AT,
  METADATA_LENGTH_AT,
  METADATA_START_AT,
  NANOS_AT,
  PAIRS_END_AT,
  PAIRS_START_AT,
  PUSHED_BYTES_AT,
  SECONDS_AT,
  SLABS_AT,
  SLABS_BYTES,
  STREAM_CAPACITY,
} from './layout.ts';
import { type LevelTable, writeLevelTable } from './level-table.ts';
import { kernelsEnabled } from './load-kernel.ts';

/** What the compiled kernel offers; positions are addresses in its memory. */
interface KernelExports {
  snappyDecode(from: number, bytes: number, to: number, capacity: number): number;
  walkPush(bytes: number): number;
  lineLevel(start: number, end: number): number;
  prepareRows(
    first: number,
    last: number,
    oldestSeconds: number,
    oldestNanos: number,
    newestSeconds: number,
    newestNanos: number,
    maxLineBytes: number,
    level: number,
    metadataStart: number,
    metadataEnd: number,
    maxPairs: number,
    maxPairBytes: number,
  ): number;
  appendRows(
    first: number,
    last: number,
    daySeconds: number,
    newestOffsetNs: number,
    page: number,
    rowCapacity: number,
    row: number,
    lineBytes: number,
    metadataStart: number,
  ): number;
}

/** Columns of one push in the kernel's memory, `ENTRY_CAPACITY` or `STREAM_CAPACITY` long. */
export interface KernelColumns {
  readonly seconds: Float64Array;
  readonly nanos: Uint32Array;
  readonly lineStart: Uint32Array;
  readonly lineEnd: Uint32Array;
  readonly pairsStart: Uint32Array;
  readonly pairsEnd: Uint32Array;
  readonly pushedBytes: Uint32Array;
  readonly metadataStart: Uint32Array;
  readonly metadataEnd: Uint32Array;
  readonly accepted: Uint8Array;
  readonly level: Uint8Array;
  readonly labelStart: Uint32Array;
  readonly labelEnd: Uint32Array;
  readonly firstEntry: Uint32Array;
}

/**
 * The parts of ingest that touch every byte, compiled: one memory that holds a push from its snappy block to its rows in the
 * head, so that nothing is copied in or out but the block. Everything it does has a twin in TypeScript with the same result,
 * which is used where the kernel is missing and for whatever it passes up.
 *
 * One instance for the main thread. What it decodes stays valid until the next push is decoded.
 */
export class IngestKernel {
  readonly memory: SharedArrayBuffer;
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly buffer: Buffer;
  readonly columns: KernelColumns;
  /** Room for encoded metadata. */
  readonly metadata: Buffer;
  readonly #exports: KernelExports;
  #levelTable: LevelTable | undefined;
  #nextSlab: number = SLABS_AT;

  constructor(module: WebAssembly.Module) {
    const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES, shared: true });
    const shared = memory.buffer;
    if (!(shared instanceof SharedArrayBuffer)) throw new TypeError('kernel memory is not shared');
    this.memory = shared;
    this.u8 = new Uint8Array(shared);
    this.u32 = new Uint32Array(shared);
    this.f64 = new Float64Array(shared);
    this.buffer = Buffer.from(shared);
    this.columns = makeColumns(shared);
    this.metadata = Buffer.from(shared, METADATA_AT, METADATA_BYTES);
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    this.#exports = instance.exports as KernelExports;
  }

  /** Decodes a snappy block; undefined when it is damaged or too large for the kernel. */
  uncompress(block: Uint8Array): Buffer | undefined {
    if (block.length > INPUT_BYTES) return undefined;
    this.u8.set(block, INPUT_AT);
    const bytes = this.#exports.snappyDecode(INPUT_AT, block.length, BODY_AT, BODY_BYTES);
    return bytes < 0 ? undefined : this.buffer.subarray(BODY_AT, BODY_AT + bytes);
  }

  /** Whether these bytes are a body that `uncompress` gave. */
  holdsBody(bytes: Uint8Array): boolean {
    return bytes.buffer === this.memory && bytes.byteOffset === BODY_AT;
  }

  /** Walks the body that `uncompress` gave into the columns; the number of streams, -1 if it has to be walked another way. */
  walkPush(bytes: number): number {
    return this.#exports.walkPush(bytes);
  }

  /** Sets what `lineLevel` and `prepareRows` look for; false when it is more than the kernel has room for. */
  useLevels(table: LevelTable): boolean {
    if (this.#levelTable === table) return true;
    this.#levelTable = undefined;
    if (!writeLevelTable(this.buffer, table)) return false;
    this.#levelTable = table;
    return true;
  }

  /** Level code of the line `[start, end)` of the body. */
  lineLevel(start: number, end: number): number {
    return this.#exports.lineLevel(BODY_AT + start, BODY_AT + end);
  }

  /** Bytes of `metadata` in use: set before `prepareRows`, which adds to it. */
  get metadataBytes(): number {
    return this.u32[METADATA_LENGTH_AT >> 2]!;
  }

  set metadataBytes(bytes: number) {
    this.u32[METADATA_LENGTH_AT >> 2] = bytes;
  }

  /** See kernels/rows.ts. */
  prepareRows(...args: Parameters<KernelExports['prepareRows']>): number {
    return this.#exports.prepareRows(...args);
  }

  /** See kernels/rows.ts. */
  appendRows(...args: Parameters<KernelExports['appendRows']>): number {
    return this.#exports.appendRows(...args);
  }

  /** Address of a region that is the caller's for good, a multiple of 8; undefined when there is no room left. */
  takeSlab(sizeBytes: number): number | undefined {
    const start = this.#nextSlab;
    if (start + sizeBytes > SLABS_AT + SLABS_BYTES) return undefined;
    this.#nextSlab = (start + sizeBytes + 7) & ~7;
    return start;
  }
}

function makeColumns(memory: SharedArrayBuffer): KernelColumns {
  const words = (at: number, count: number = ENTRY_CAPACITY): Uint32Array => new Uint32Array(memory, at, count);
  return {
    seconds: new Float64Array(memory, SECONDS_AT, ENTRY_CAPACITY),
    nanos: words(NANOS_AT),
    lineStart: words(LINE_START_AT),
    lineEnd: words(LINE_END_AT),
    pairsStart: words(PAIRS_START_AT),
    pairsEnd: words(PAIRS_END_AT),
    pushedBytes: words(PUSHED_BYTES_AT),
    metadataStart: words(METADATA_START_AT),
    metadataEnd: words(METADATA_END_AT),
    accepted: new Uint8Array(memory, ACCEPTED_AT, ENTRY_CAPACITY),
    level: new Uint8Array(memory, LEVEL_AT, ENTRY_CAPACITY),
    labelStart: words(LABEL_START_AT, STREAM_CAPACITY),
    labelEnd: words(LABEL_END_AT, STREAM_CAPACITY),
    firstEntry: words(FIRST_ENTRY_AT, STREAM_CAPACITY + 1),
  };
}

/** Snappy block of a push: stream `{a="b"}` with the line `oops WARN:` at second 5. */
const SAMPLE: readonly number[] = [
  29,
  28 << 2,
  0x0a,
  27,
  0x0a,
  7,
  0x7b,
  0x61,
  0x3d,
  0x22,
  0x62,
  0x22,
  0x7d,
  0x12,
  16,
  0x0a,
  2,
  0x08,
  5,
  0x12,
  10,
  ...Buffer.from('oops WARN:'),
];
const WARN = 4;

/** Runs each part once on a body whose outcome is known; what it leaves behind is overwritten by the first push. */
function passesSelfTest(kernel: IngestKernel): boolean {
  const body = kernel.uncompress(Uint8Array.from(SAMPLE));
  if (body?.length !== 29 || kernel.walkPush(29) !== 1) return false;
  const { firstEntry, seconds, lineStart, lineEnd, level } = kernel.columns;
  if (firstEntry[1] !== 1 || seconds[0] !== 5 || lineStart[0] !== 19 || lineEnd[0] !== 29) return false;
  if (kernel.lineLevel(19, 29) !== WARN) return false;
  if (kernel.prepareRows(0, 1, 0, 0, 9, 0, 0, -1, 0, 0, 0, 0) !== 1 || level[0] !== WARN) return false;
  const rowCapacity = 8;
  if (kernel.appendRows(0, 1, 0, -1, SLABS_AT, rowCapacity, 0, 0, 64) !== 1) return false;
  const bytesAt = SLABS_AT + rowCapacity * 17;
  return kernel.f64[SLABS_AT >> 3] === 5e9 && kernel.buffer.latin1Slice(bytesAt, bytesAt + 11) === 'oops WARN:\n';
}

function loadKernel(): IngestKernel | undefined {
  if (!kernelsEnabled()) return undefined;
  try {
    const file = new URL('ingest.wasm', import.meta.url);
    const kernel = new IngestKernel(new WebAssembly.Module(readFileSync(file)));
    return passesSelfTest(kernel) ? kernel : undefined;
  } catch {
    // Not built, or a machine without SIMD or shared memory: the TypeScript twins do the same work.
    return undefined;
  }
}

let loaded: { readonly kernel: IngestKernel | undefined } | undefined;

/** The kernel of this thread, made at first use; undefined where it is switched off, missing or does not work. */
export function ingestKernel(): IngestKernel | undefined {
  loaded ??= { kernel: loadKernel() };
  return loaded.kernel;
}
