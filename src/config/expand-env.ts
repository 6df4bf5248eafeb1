import { LogError } from '../base/errors.ts';

// `$$` is a dollar; `${VAR}`, `${VAR:default}`, `${VAR:-default}` and `$VAR` are what stands in the environment.
const PATTERN = /\$(?:\$|\{([^}]*)\}|([A-Za-z_]\w*))/g;
const NAME = /^[A-Za-z_]\w*$/;

/**
 * Puts variables of the environment into a configuration text, as Loki and Promtail do with `-config.expand-env=true`.
 * A variable that is not set is its default, or empty.
 *
 * @throws LogError CONFIG_INVALID for `${}` without a name
 */
export function expandEnvironment(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replace(PATTERN, (whole, braced: string | undefined, plain: string | undefined) => {
    if (whole === '$$') return '$';
    if (plain !== undefined) return env[plain] ?? '';
    const colon = braced!.indexOf(':');
    const name = colon < 0 ? braced! : braced!.slice(0, colon);
    if (!NAME.test(name)) throw new LogError('CONFIG_INVALID', `${whole}: expected the name of a variable`);
    const fallback = colon < 0 ? '' : braced!.slice(colon + 1).replace(/^-/, '');
    return env[name] || fallback;
  });
}
