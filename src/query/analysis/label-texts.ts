import type { LabelPredicate, Stage } from '../../../grammar/ast.ts';
import { LEVEL_LABEL } from '../../model/level.ts';
import type { LabelText } from '../../store/snapshot/query-store.ts';

/**
 * Characters at which a value is cut: those with a short escape in JSON or logfmt, control characters, and what parsers put in the
 * place of invalid bytes. Whatever is between them stands in a line as it is, unless a unicode escape hides it.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const CUTS = /["'\\/ \u0000-\u001f\u007f\ufffd\ud800-\udfff]+/;

/** A regular expression that is nothing but values. */
const VALUES = /^[A-Za-z0-9_-]+(?:\|[A-Za-z0-9_-]+)*$/;

const NOT_EXACT = /[\ufffd\ud800-\udfff]/;

const encoder = new TextEncoder();

/**
 * Values that a label must have for a row to pass (`| json | trace_id="x"`), as texts that the line holds: those of filters for one value,
 * or one of several, in front of any stage that changes lines or labels. They rule a block out only where the label can come from nothing but the line: see
 * `LabelText`.
 */
export function labelTexts(stages: readonly Stage[]): readonly LabelText[] {
  const found: LabelText[] = [];
  let origin: LabelText['origin'] = 'none';
  for (const stage of stages) {
    switch (stage.kind) {
      case 'line-filter':
      case 'drop':
      case 'keep':
        break;
      case 'pattern':
      case 'regexp':
        if (origin === 'none') origin = 'part';
        break;
      case 'json':
      case 'logfmt':
        // Extractions by path can give an object, which is written anew.
        if (stage.kind === 'json' && stage.extractions.length > 0) return found;
        origin = 'escaped';
        break;
      case 'label-filter':
        addTexts(stage.predicate, origin, found);
        break;
      default:
        return found;
    }
  }
  return found;
}

function addTexts(predicate: LabelPredicate, origin: LabelText['origin'], found: LabelText[]): void {
  if (predicate.kind === 'and') {
    addTexts(predicate.left, origin, found);
    addTexts(predicate.right, origin, found);
  }
  if (predicate.kind !== 'string' || predicate.value === '') return;
  const { name, op, value } = predicate;
  // Names that the pipeline makes itself.
  if (name.startsWith('__') || name === LEVEL_LABEL || name.endsWith('_extracted')) return;
  if (op === '=~' && VALUES.test(value))
    found.push({ name, origin, texts: [], anyOf: value.split('|').map((text) => encoder.encode(text)) });
  if (op !== '=') return;
  const texts = value
    .split(CUTS)
    .filter((text) => text !== '')
    .map((text) => encoder.encode(text));
  // Bytes that are no text are shown as the replacement character.
  const isExact = !NOT_EXACT.test(name + value);
  found.push({ name, origin, texts, ...(isExact ? { value: encoder.encode(value) } : {}) });
}
