import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as keys from '../../src/index/keys.ts';
import { encodeSummary, type SegmentSummary } from '../../src/index/values.ts';
import * as wal from '../../src/wal/format.ts';

const page = (name: string): string => readFileSync(new URL(`../../docs/format/${name}`, import.meta.url), 'utf8');

describe('docs/format/wal.md', () => {
  const text = page('wal.md');
  const id = { seq: 7, part: 0, marker: 0x9f3a1c22 };

  it('says the constants of the code', () => {
    expect(text).toContain(`# Write-ahead log, version ${wal.WAL_VERSION}\n`);
    expect(text).toContain(`### Header: ${wal.FILE_HEADER_BYTES} bytes`);
    expect(text).toContain(`### Record: ${wal.RECORD_HEAD_BYTES} bytes, tenant, body`);
    expect(text).toContain(
      `bytes behind the first ${wal.RECORD_PREFIX_BYTES}: ${wal.RECORD_HEAD_BYTES - wal.RECORD_PREFIX_BYTES} + tenant size + body`,
    );
    expect(text).toContain(`| ${wal.WAL_MAGIC} | u32 = ${wal.WAL_VERSION}`);
    expect(text).toContain(`at most ${wal.MAX_PAYLOAD_BYTES.toLocaleString('en')} bytes`);
    expect(text).toContain(`at most ${wal.MAX_TENANT_BYTES} bytes`);
    expect(text).toContain(`\`${wal.walFileName(id)}\``);
  });

  it('draws the header as it is written', () => {
    const header = wal.encodeFileHeader({ seq: 0x0102030405, part: 3, marker: 0x9f3a1c22 });
    expect(Buffer.from(header).toString('latin1', 0, 8)).toBe('halogiWL');
    expect(Buffer.from(header).toString('hex', 8, 28)).toBe('01000000221c3a9f050403020100000003000000');
  });

  it('draws the record as it is written', () => {
    const head = wal.encodeRecordHead({ kind: 5, tenant: 'ab', arrivalMs: 1, body: Uint8Array.of(9, 8, 7) });
    wal.setMarker(head, id.marker);
    const hex = Buffer.from(head).toString('hex');
    expect(hex.slice(0, 8)).toBe('221c3a9f');
    expect(hex.slice(16)).toBe(`0f000000${'05'}${'02'}000000000000f03f${'6162'}`);
    const whole = Buffer.concat([head, Uint8Array.of(9, 8, 7)]);
    expect(wal.recordBytesAt(whole, 0, id.marker)).toBe(whole.length);
    expect(wal.decodeRecord(whole, 0, whole.length)).toMatchObject({ kind: 5, tenant: 'ab', arrivalMs: 1 });
  });
});

describe('docs/format/index-keys.md', () => {
  const text = page('index-keys.md');

  it('lists every key of the code', () => {
    expect(text).toContain(`# Index, version ${keys.INDEX_VERSION}\n`);
    for (const key of [keys.VERSION_KEY, keys.CHECKPOINT_KEY]) expect(text).toContain(`| \`${key}\` |`);
    expect(text).toContain(`| \`${keys.NEXT_STREAM_PREFIX}<tenant>\` |`);
    expect(text).toContain(`| \`${keys.STREAM_PREFIX}<tenant>/<stream id>\` |`);
    expect(text).toContain(`| \`${keys.SEGMENT_PREFIX}<tenant>/<day>/<segment>\` |`);
    expect(text).toContain(`| \`${keys.DIRECTORY_PREFIX}<tenant>/<day>/<segment>\` |`);
  });

  it('forms keys as the page says', () => {
    expect(keys.streamKey('a/b%', 300)).toBe('s/a%2Fb%25/0000012c');
    expect(keys.segmentKey('a', 20_780, 'x')).toBe('g/a/2026-11-23/x');
    expect(keys.directoryKey('a', -1, 'x')).toBe('d/a/1969-12-31/x');
    expect(keys.prefixEnd('s/')).toBe('s0');
    expect(keys.parseStreamKey(keys.streamKey('a/b%', 300))).toEqual({ tenant: 'a/b%', streamId: 300 });
    expect(keys.parseNextStreamKey(keys.nextStreamKey('a/b%2F'))).toBe('a/b%2F');
  });

  it('lists every field of a summary', () => {
    const summary: SegmentSummary = {
      tenant: 'a',
      day: 1,
      name: 'x',
      generation: 0,
      rowCount: 1,
      lineBytes: 1,
      fileBytes: 1,
      chunkCount: 1,
      minOffsetNs: 0,
      maxOffsetNs: 0,
      streamCount: 1,
    };
    const fields = Object.keys(JSON.parse(new TextDecoder().decode(encodeSummary(summary))));
    for (const field of fields) expect(text).toContain(`\`${field}\``);
  });
});
