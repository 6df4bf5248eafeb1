import { LogError } from '../../base/errors.ts';

/** 512 MiB: what the states of one scan may take in one thread; 500 series of the longest grid take a third of it. */
const MAX_BYTES = 512 * 1024 * 1024;

/** Allocates columns up to a limit, so that a query over very many series fails instead of the process. */
export class ColumnMemory {
  #bytes = 0;

  /** @throws LogError QUERY_LIMIT */
  columns(length: number): Float64Array {
    this.#bytes += length * Float64Array.BYTES_PER_ELEMENT;
    if (this.#bytes > MAX_BYTES) {
      throw new LogError(
        'QUERY_LIMIT',
        `query needs more than ${MAX_BYTES} bytes for its series; reduce the time range, or aggregate over fewer labels`,
      );
    }
    return new Float64Array(length);
  }
}
