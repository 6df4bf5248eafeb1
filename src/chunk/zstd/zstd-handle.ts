import type { Transform } from 'node:stream';

/**
 * The handle behind Node's zstd streams. It is not public: who uses it tries it on known bytes first, and has another way where it
 * is missing or answers differently.
 */
export interface ZstdHandle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputBytes: number,
    output: Uint8Array,
    outputAt: number,
    outputBytes: number,
  ): void;
  reset(): void;
  onerror?: () => void;
}

export interface HiddenHandle {
  readonly handle: ZstdHandle;
  /** Counters that the handle writes: what is left of the output, and of the input. */
  readonly left: Uint32Array;
}

/** The parts of the stream object that are not public. */
interface HiddenStream {
  _handle?: Partial<ZstdHandle>;
  _writeState?: Uint32Array;
}

/** The handle of a stream; undefined when this Node has none of that shape. */
export function hiddenHandle(stream: Transform): HiddenHandle | undefined {
  const { _handle: handle, _writeState: left } = stream as unknown as HiddenStream;
  if (typeof handle?.writeSync !== 'function' || typeof handle.reset !== 'function' || !(left instanceof Uint32Array))
    return undefined;
  return { handle: handle as ZstdHandle, left };
}

/** Primes, so that bytes repeat neither soon nor at the edge of anything. */
const TEST_PERIOD = 1021;
const TEST_FACTOR = 7;

/** Bytes to try a handle with. A period of them is copied: a loop over all would be compiled for it, while the first queries wait for the core. */
export function testBytes(size: number): Buffer {
  return Buffer.alloc(
    size,
    Uint8Array.from({ length: TEST_PERIOD }, (_, i) => (i * TEST_FACTOR) ^ (i >> 5)),
  );
}
