import { LogError } from '../../base/errors.ts';
import { JsonScanner } from '../json/json-scanner.ts';
import type { PushBatch } from './push-batch.ts';
import { readLine, readMetadata, walkStreams } from './push-json.ts';
import { type PushScratch, pushScratch } from './push-scratch.ts';

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,18}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const LONGEST_TIME = 48;

/**
 * Fills `batch` from a push of the old format, `{"streams":[{"labels":"{...}","entries":[{"ts","line"}]}]}`.
 *
 * @throws LogError PUSH_DECODE
 */
export function decodePushLegacyJson(body: Buffer, batch: PushBatch): void {
  batch.reset();
  if (body.length === 0) throw new LogError('PUSH_DECODE', 'EOF', { status: 400 });
  const scanner = new JsonScanner(body);
  const scratch = pushScratch;
  scratch.reset();
  scratch.out.writeBytes(body, 0, body.length);
  walkStreams(scanner, () => readStream(scanner, batch, scratch));
  batch.bytes = scratch.out.bytes;
}

function readStream(scanner: JsonScanner, batch: PushBatch, scratch: PushScratch): void {
  let labels = '';
  for (let first = true; scanner.nextMember(first); first = false) {
    if (scanner.stringIs('labels')) {
      scanner.readString();
      labels = scanner.stringText();
    } else if (scanner.stringIs('entries')) {
      if (scanner.takesNull()) continue;
      for (let start = true; scanner.nextElement(start); start = false) readEntry(scanner, batch, scratch);
    } else scanner.skipValue();
  }
  scratch.endStreamWithText(batch, labels);
}

function readEntry(scanner: JsonScanner, batch: PushBatch, scratch: PushScratch): void {
  batch.growEntries();
  const entry = batch.entryCount++;
  batch.seconds[entry] = 0;
  batch.nanos[entry] = 0;
  batch.lineStart[entry] = 0;
  batch.lineEnd[entry] = 0;
  batch.metadataStart[entry] = 0;
  batch.metadataEnd[entry] = 0;
  for (let first = true; scanner.nextMember(first); first = false) {
    if (scanner.stringIs('ts')) {
      scanner.readString();
      setTime(scanner, batch, entry);
    } else if (scanner.stringIs('line')) readLine(scanner, batch, scratch, entry);
    else if (scanner.stringIs('structuredMetadata') && !scanner.takesNull())
      readMetadata(scanner, batch, scratch, entry);
    else if (!scanner.stringIs('structuredMetadata')) scanner.skipValue();
  }
}

function setTime(scanner: JsonScanner, batch: PushBatch, entry: number): void {
  const text = scanner.stringEnd - scanner.stringStart > LONGEST_TIME ? '' : scanner.stringText();
  const match = RFC3339.exec(text);
  const [, year, month, day, hour, minute, second, fraction = '', sign, zoneHours = '0', zoneMinutes = '0'] =
    match ?? [];
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  // Date.UTC rolls 30 February over; the text must come back as it was.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== `${text.slice(0, 10)}T${text.slice(11, 19)}`) {
    throw new LogError('PUSH_DECODE', `parsing time ${JSON.stringify(text)} as RFC 3339`, { status: 400 });
  }
  const zoneSeconds = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60;
  const seconds = ms / 1000 - (sign === '-' ? -zoneSeconds : zoneSeconds);
  // Beyond these years 64-bit nanoseconds end.
  if (Math.abs(seconds) > 9_223_372_035)
    throw new LogError('PUSH_DECODE', `time ${text} is out of range`, { status: 400 });
  batch.seconds[entry] = seconds;
  batch.nanos[entry] = Number(fraction.slice(0, 9).padEnd(9, '0'));
}
