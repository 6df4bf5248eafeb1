import { describe, expect, it } from 'vitest';
import { dayStartNs } from '../../../../src/model/time.ts';
import { ScanRow } from '../../../../src/query/pipeline/row/row-state.ts';
import { bytesText, makeRow } from '../../../support/pipeline-row.ts';

describe('ScanRow', () => {
  it('decodes the line on demand, from shared memory too', () => {
    const row = makeRow('héllo 🚀');
    expect(row.lineText()).toBe('héllo 🚀');
    expect(bytesText(row)).toBe('héllo 🚀');
  });

  it('encodes a new line when its bytes are asked for', () => {
    const row = makeRow('old');
    row.setLineText('né');
    expect(row.lineText()).toBe('né');
    expect([row.start, row.end]).toEqual([0, 3]);
    expect(bytesText(row)).toBe('né');
    row.setLineText('');
    expect(row.end - row.start).toBe(0);
  });

  it('points at other bytes, and forgets them with the next row', () => {
    const row = makeRow('old');
    row.lineText();
    row.setLine(Buffer.from('abcdef'), 1, 3);
    expect(row.lineText()).toBe('bc');
    row.begin(Buffer.from('next'), 0, 4, 0n, 0, ['a', 'b']);
    expect(row.lineText()).toBe('next');
    expect(row.labels.result()).toEqual(['a', 'b']);
  });

  it('reads invalid UTF-8 as U+FFFD', () => {
    const row = new ScanRow();
    row.begin(Uint8Array.of(0x61, 0xff, 0x62), 0, 3, 0n, 0, []);
    expect(row.lineText()).toBe('a\ufffdb');
  });

  it('knows its time to the nanosecond', () => {
    const row = new ScanRow();
    row.begin(new Uint8Array(0), 0, 0, dayStartNs(20_000), 86_399_999_999_999, []);
    expect(row.timestampNs()).toBe(20_001n * 86_400_000_000_000n - 1n);
  });
});
