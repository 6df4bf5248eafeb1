import { goQuote, unquoteString } from '../../../../../grammar/literals.ts';
import { parseGoFloat, parseGoInt } from '../../../../base/go/parse-number.ts';
import type { NumberNode } from './node.ts';

/**
 * Number and character constants of a template: one text may serve as an integer and as a float.
 *
 * @throws Error with Go's text, without position
 */
export function parseConstant(text: string, at: number): NumberNode {
  const node = { kind: 'number', text, at } as const;
  if (text.startsWith("'")) {
    const value = charValue(text);
    if (value === undefined) throw new Error(`malformed character constant: ${text}`);
    return { ...node, int: value, float: Number(value), ideal: 'int' };
  }
  const int = tryNumber(() => parseGoInt(text, 0));
  if (int !== undefined) return { ...node, int, float: Number(int), ideal: 'int' };
  const unsigned = unsigned64(text);
  if (unsigned !== undefined) return { ...node, int: undefined, float: Number(unsigned), ideal: 'overflow' };
  const float = tryNumber(() => parseGoFloat(text));
  if (float === undefined) {
    if (/i$/.test(text)) return { ...node, int: undefined, float: undefined, ideal: 'complex' };
    throw new Error(`illegal number syntax: ${goQuote(text)}`);
  }
  // A text that looks like an integer but reads only as a float was too big.
  if (!/[.eEpP]/.test(text)) throw new Error(`integer overflow: ${goQuote(text)}`);
  const isWhole = Number.isInteger(float) && Math.abs(float) < 2 ** 63;
  return { ...node, int: isWhole ? BigInt(float) : undefined, float, ideal: 'float' };
}

function tryNumber<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && /invalid syntax|value out of range/.test(error.message)) return undefined;
    throw error;
  }
}

/** A whole number without sign that fits 64 bits; `08` is none, for its base is 8. */
function unsigned64(text: string): bigint | undefined {
  const plain = text.replaceAll('_', '');
  if (text.length > 80 || !/^(?:[1-9]\d*|0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+)$/.test(plain)) return undefined;
  const value = BigInt(/^0[0-7]/.test(plain) ? `0o${plain.slice(1)}` : plain.toLowerCase());
  return value < 2n ** 64n ? value : undefined;
}

function charValue(text: string): bigint | undefined {
  const body = text.slice(1, -1);
  if (body === "\\'") return 39n;
  if (body === '\\"') return undefined;
  if (body === '"') return 34n;
  // Numeric escapes of a character constant are code points, not bytes.
  const numeric = /^\\(?:x([0-9a-fA-F]{2})|([0-7]{3}))$/.exec(body);
  if (numeric !== null)
    return BigInt(Number.parseInt(numeric[1] ?? numeric[2] ?? '', numeric[1] === undefined ? 8 : 16));
  const value = tryNumber(() => unquoteString(`"${body}"`));
  const point = value?.codePointAt(0);
  if (value === undefined || point === undefined || String.fromCodePoint(point) !== value) return undefined;
  return BigInt(point);
}
