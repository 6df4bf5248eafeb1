import { printCursor, type RowPage } from '../../query/execute/row-pages.ts';
import type { FoundByTask } from '../../query/result/log-hits.ts';

const NEWLINE = Buffer.from('\n');

/** Writes pages of rows as lines of JSON: each set of stream labels once, by number, then rows that name it. */
export class RowLines {
  readonly #numbers = new Map<string, number>();
  #rows = 0;
  #lines = 0;
  #bytes = 0;

  /** The lines of a page, and where the list stands behind it. */
  page({ hits, first, stats }: RowPage): Uint8Array {
    const out: Uint8Array[] = [];
    const known = new Map<FoundByTask, (number | undefined)[]>();
    for (let hit = first; hit < hits.length; hit++) {
      const found = hits.foundOf(hit);
      const row = hits.columns.rows[hit]!;
      const set = found.columns.labelIds[row]!;
      const sets = known.get(found) ?? [];
      known.set(found, sets);
      const number = sets[set] ?? this.#numberOf(found, set, out);
      sets[set] = number;
      // An entry begins with a bracket, and has a comma behind it.
      const entry = found.columns.entries.subarray(found.startOf(row) + 1, found.columns.ends[row]! - 1);
      out.push(Buffer.from(`[${number},`), entry, NEWLINE);
    }
    this.#rows += hits.length - first;
    this.#lines += stats.linesProcessed;
    this.#bytes += stats.bytesProcessed;
    out.push(Buffer.from(`${JSON.stringify({ progress: this.#counts() })}\n`));
    return Buffer.concat(out);
  }

  end({ cursor, more }: RowPage, seconds: number): Uint8Array {
    const text = cursor === undefined ? null : printCursor(cursor);
    return Buffer.from(`${JSON.stringify({ end: { cursor: text, more, ...this.#counts(), seconds } })}\n`);
  }

  #counts(): { readonly rows: number; readonly lines: number; readonly bytes: number } {
    return { rows: this.#rows, lines: this.#lines, bytes: this.#bytes };
  }

  #numberOf(found: FoundByTask, set: number, out: Uint8Array[]): number {
    const labels = found.columns.setBytes.utf8Slice(found.jsonStart(set), found.columns.jsonEnds[set]);
    let number = this.#numbers.get(labels);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(labels, number);
      out.push(Buffer.from(`{"set":${number},"labels":${labels}}\n`));
    }
    return number;
  }
}
