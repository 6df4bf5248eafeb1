import { LogError } from '../../base/errors.ts';
import { JsonScanner } from '../json/json-scanner.ts';
import type { PushBatch } from './push-batch.ts';
import { type PushScratch, pushScratch } from './push-scratch.ts';

const NANOS = 1_000_000_000;
const BRACKET = 0x5b;
const BRACE = 0x7b;
const QUOTE = 0x22;
// The largest 64-bit number of nanoseconds, in two parts.
const MAX_SECONDS = 9_223_372_036;
const MAX_NANOS = 854_775_807;

/**
 * Fills `batch` from a v1 JSON push, `{"streams":[{"stream":{...},"values":[["<ns>","line",{...}]]}]}`. Lines without
 * escapes stay where they are in (a copy of) the body.
 *
 * @throws LogError PUSH_DECODE
 */
export function decodePushJson(body: Buffer, batch: PushBatch): void {
  batch.reset();
  if (body.length === 0) throw new LogError('PUSH_DECODE', 'EOF', { status: 400 });
  const scanner = new JsonScanner(body);
  const scratch = pushScratch;
  scratch.reset();
  scratch.out.writeBytes(body, 0, body.length);
  walkStreams(scanner, () => readStream(scanner, batch, scratch));
  batch.bytes = scratch.out.bytes;
}

/** Walks the streams of a push body; shared with the legacy format. Bytes after the first value are not looked at. */
export function walkStreams(scanner: JsonScanner, readOne: () => void): void {
  if (scanner.takesNull()) return;
  for (let first = true; scanner.nextMember(first); first = false) {
    if (!scanner.stringIs('streams')) {
      scanner.skipValue();
      continue;
    }
    if (scanner.takesNull()) continue;
    for (let start = true; scanner.nextElement(start); start = false) readOne();
  }
}

function readStream(scanner: JsonScanner, batch: PushBatch, scratch: PushScratch): void {
  let pairs: [string, string][] = [];
  for (let first = true; scanner.nextMember(first); first = false) {
    if (scanner.stringIs('stream')) pairs = readStreamLabels(scanner);
    else if (scanner.stringIs('values')) readValues(scanner, batch, scratch);
    else scanner.skipValue();
  }
  scratch.endStream(batch, pairs);
}

function readStreamLabels(scanner: JsonScanner): [string, string][] {
  const pairs: [string, string][] = [];
  if (scanner.takesNull()) return pairs;
  for (let first = true; scanner.nextMember(first); first = false) {
    const name = scanner.stringText();
    if (scanner.peek() === QUOTE) {
      scanner.readString();
      pairs.push([name, scanner.stringText()]);
    } else pairs.push([name, scanner.readScalarText()]);
  }
  return pairs;
}

function readValues(scanner: JsonScanner, batch: PushBatch, scratch: PushScratch): void {
  if (scanner.takesNull()) return;
  for (let first = true; scanner.nextElement(first); first = false) {
    if (scanner.peek() !== BRACKET) throw scanner.fail('an entry array');
    if (!scanner.nextElement(true)) throw scanner.fail('a timestamp');
    scanner.readString();
    batch.growEntries();
    const entry = batch.entryCount++;
    readTimestamp(scanner, batch, entry);
    batch.metadataStart[entry] = 0;
    batch.metadataEnd[entry] = 0;
    if (!scanner.nextElement(false)) {
      batch.lineStart[entry] = 0;
      batch.lineEnd[entry] = 0;
      continue;
    }
    readLine(scanner, batch, scratch, entry);
    if (!scanner.nextElement(false)) continue;
    readMetadata(scanner, batch, scratch, entry);
    while (scanner.nextElement(false)) scanner.skipValue();
  }
}

/** Reads a string value as the line of an entry. */
export function readLine(scanner: JsonScanner, batch: PushBatch, scratch: PushScratch, entry: number): void {
  scanner.readString();
  if (scanner.escaped) {
    batch.lineStart[entry] = scratch.out.length;
    scanner.unescapeInto(scratch.out);
    batch.lineEnd[entry] = scratch.out.length;
  } else {
    batch.lineStart[entry] = scanner.stringStart;
    batch.lineEnd[entry] = scanner.stringEnd;
  }
}

/** Reads an object of strings as the metadata of an entry. */
export function readMetadata(scanner: JsonScanner, batch: PushBatch, scratch: PushScratch, entry: number): void {
  if (scanner.peek() !== BRACE) throw scanner.fail('a metadata object');
  const start = scratch.out.length;
  for (let first = true; scanner.nextMember(first); first = false) {
    scratch.startPair();
    scanner.unescapeInto(scratch.pairBytes);
    const nameBytes = scratch.pairBytes.length;
    scanner.readString();
    scanner.unescapeInto(scratch.pairBytes);
    scratch.endPair(nameBytes);
  }
  batch.metadataStart[entry] = start;
  batch.metadataEnd[entry] = scratch.out.length;
}

/** Reads the last string as decimal nanoseconds of 64 bits into the entry's two columns, exactly. */
function readTimestamp(scanner: JsonScanner, batch: PushBatch, entry: number): void {
  const { bytes, stringEnd } = scanner;
  const negative = bytes[scanner.stringStart] === 0x2d;
  const start = scanner.stringStart + (negative ? 1 : 0);
  if (stringEnd === start) throw badTimestamp(scanner);
  let seconds = 0;
  let nanos = 0;
  const split = stringEnd - 9;
  for (let i = start; i < stringEnd; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9) throw badTimestamp(scanner);
    if (i < split) seconds = seconds * 10 + digit;
    else nanos = nanos * 10 + digit;
  }
  if (seconds > MAX_SECONDS || (seconds === MAX_SECONDS && nanos > MAX_NANOS)) throw badTimestamp(scanner);
  if (negative) {
    seconds = nanos === 0 ? -seconds : -seconds - 1;
    nanos = nanos === 0 ? 0 : NANOS - nanos;
  }
  batch.seconds[entry] = seconds;
  batch.nanos[entry] = nanos;
}

function badTimestamp(scanner: JsonScanner): LogError {
  const text = scanner.bytes.utf8Slice(scanner.stringStart, Math.min(scanner.stringEnd, scanner.stringStart + 64));
  return new LogError('PUSH_DECODE', `malformed JSON: ${JSON.stringify(text)} is not a timestamp in nanoseconds`, {
    status: 400,
  });
}
