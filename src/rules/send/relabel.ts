import { createHash } from 'node:crypto';
import { compileRegex, type Regex } from '../../base/regex/regex.ts';
import type { TextMap } from '../model/rule-group.ts';
import type { RelabelConfig } from '../model/ruler-settings.ts';

/** Relabeling, compiled. @returns undefined when the set is dropped */
export type Relabel = (labels: TextMap) => TextMap | undefined;

export function compileRelabel(configs: readonly RelabelConfig[]): Relabel {
  const steps = configs.map((config) => ({ config, regex: compileRegex(config.regex, { anchored: true }) }));
  return (labels) => {
    let current: TextMap | undefined = labels;
    for (const { config, regex } of steps) {
      current = relabel(current, config, regex);
      if (current === undefined) return undefined;
    }
    return current;
  };
}

function relabel(labels: TextMap, config: RelabelConfig, regex: Regex): TextMap | undefined {
  const source = config.sourceLabels.map((name) => labels[name] ?? '').join(config.separator);
  const filter = (keep: (name: string) => boolean): TextMap =>
    Object.fromEntries(Object.entries(labels).filter(([name]) => keep(name)));
  const target = (value: string): TextMap => withLabel(labels, config.targetLabel, value);
  switch (config.action) {
    case 'keep':
      return regex.test(source) ? labels : undefined;
    case 'drop':
      return regex.test(source) ? undefined : labels;
    case 'keepequal':
      return source === (labels[config.targetLabel] ?? '') ? labels : undefined;
    case 'dropequal':
      return source === (labels[config.targetLabel] ?? '') ? undefined : labels;
    case 'labeldrop':
      return filter((name) => !regex.test(name));
    case 'labelkeep':
      return filter((name) => regex.test(name));
    case 'labelmap': {
      const out: Record<string, string> = { ...labels };
      for (const [name, value] of Object.entries(labels))
        if (regex.test(name)) out[regex.replaceAll(name, config.replacement)] = value;
      return out;
    }
    case 'hashmod': {
      const sum = createHash('md5').update(source).digest().readBigUInt64BE(8);
      return target(String(sum % BigInt(config.modulus)));
    }
    case 'lowercase':
      return target(source.toLowerCase());
    case 'uppercase':
      return target(source.toUpperCase());
    default: {
      const match = regex.exec(source);
      if (match === undefined) return labels;
      const name = regex.expand(config.targetLabel, match);
      return withLabel(labels, name, regex.expand(config.replacement, match));
    }
  }
}

function withLabel(labels: TextMap, name: string, value: string): TextMap {
  if (value !== '') return { ...labels, [name]: value };
  const { [name]: _, ...rest } = labels;
  return rest;
}
