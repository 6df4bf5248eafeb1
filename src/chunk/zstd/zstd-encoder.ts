import { constants, createZstdCompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { type HiddenHandle, hiddenHandle, testBytes, type ZstdHandle } from './zstd-handle.ts';

/**
 * Compresses with zstd into memory that is reused, by a context that is reused: `zstdCompressSync` makes both anew for every frame,
 * and their page faults and the garbage collections they set off cost as much as the compression. The handle behind Node's stream
 * object is not public; so it is tried on known bytes first, and where it is missing or answers differently, the public call is used.
 */
export interface ZstdEncoder {
  /** @returns the frame; overwritten by the next call */
  encode(raw: Uint8Array): Uint8Array;
}

/** Level of directories. Their columns repeat what is near, and a window that spans megabytes is memory of each thread that writes. */
export const DIRECTORY_LEVEL = 3;
const DIRECTORY_WINDOW_LOG = 18;

type Parameters = Readonly<Record<number, number>>;

/**
 * Parameters of a level. Level 1 is that of fresh blocks: matches of seven bytes, from a table that holds a whole block, are as
 * many bytes as its own six and a smaller table, and are found 10 % and decompressed 5 % faster.
 */
function parametersOf(level: number): Parameters {
  const parameters = { [constants.ZSTD_c_compressionLevel]: level };
  if (level === DIRECTORY_LEVEL) return { ...parameters, [constants.ZSTD_c_windowLog]: DIRECTORY_WINDOW_LOG };
  if (level !== 1) return parameters;
  return { ...parameters, [constants.ZSTD_c_minMatch]: 7, [constants.ZSTD_c_hashLog]: 15 };
}

/** Above what a directory of 5,000 streams takes. Larger frames are rare, and their memory is not kept. */
const MAX_REUSED_BYTES = 4 * 1024 * 1024;

class HandleEncoder implements ZstdEncoder {
  readonly #handle: ZstdHandle;
  readonly #left: Uint32Array;
  readonly #parameters: Parameters;
  #output: Buffer = Buffer.allocUnsafeSlow(outputBytes(256 * 1024));
  /** A handle that has failed once is not asked again. */
  #failed = false;

  constructor({ handle, left }: HiddenHandle, parameters: Parameters) {
    this.#handle = handle;
    this.#left = left;
    this.#parameters = parameters;
    handle.onerror = () => {
      this.#failed = true;
    };
  }

  encode(raw: Uint8Array): Uint8Array {
    if (raw.length > MAX_REUSED_BYTES) return freshFrame(raw, this.#parameters);
    // With room for the worst case a frame is made in one go, without a copy of the input.
    const room = outputBytes(raw.length);
    if (this.#output.length < room) this.#output = Buffer.allocUnsafeSlow(room);
    const output = this.#output;
    if (!this.#failed) {
      this.#handle.writeSync(constants.ZSTD_e_end, raw, 0, raw.length, output, 0, output.length);
      // The end of a frame makes the context ready for the next one.
      if (!this.#failed && this.#left[1] === 0) return output.subarray(0, output.length - this.#left[0]!);
      this.#failed = true;
    }
    return freshFrame(raw, this.#parameters);
  }
}

/** Above the most that zstd makes of so many bytes. */
function outputBytes(rawBytes: number): number {
  return rawBytes + (rawBytes >> 7) + 1024;
}

function freshFrame(raw: Uint8Array, params: Parameters): Buffer {
  return zstdCompressSync(raw, { chunkSize: Math.max(4096, (raw.length >> 1) + 1024), params: { ...params } });
}

/** Frames of several sizes, each of which must come back whole, in any order. */
function passesSelfTest(encoder: ZstdEncoder): boolean {
  try {
    for (const size of [64, 3000, 70_000, 100]) {
      const raw = testBytes(size);
      const frame = encoder.encode(raw);
      if (!zstdDecompressSync(frame).equals(raw)) return false;
    }
    return true;
  } catch {
    // A handle that throws is one of another Node.
    return false;
  }
}

/** The fastest encoder that works here; one for each thread and level. */
export function createZstdEncoder(level: number): ZstdEncoder {
  const params = parametersOf(level);
  const hidden = hiddenHandle(createZstdCompress({ params }));
  if (hidden !== undefined) {
    const encoder = new HandleEncoder(hidden, params);
    if (passesSelfTest(encoder)) return encoder;
  }
  return { encode: (raw) => freshFrame(raw, params) };
}
