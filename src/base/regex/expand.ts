/**
 * Templates of replacements as Go's `Regexp.Expand` reads them: `$1`, `${1}`, `$name`, `${name}`, `$$`. A name without braces is as long as possible
 * (`$1x` is the group `1x`); unknown groups are empty; a `$` that starts nothing stays.
 */

const NAME = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;

/** Group number of a reference, -1 when it is a name. */
function groupNumber(name: string): number {
  if (!/^(?:0|[1-9][0-9]{0,7})$/.test(name)) return -1;
  return Number(name);
}

/**
 * @param groups texts by group number, 0 the whole match
 * @param groupNames names by group number; of groups with equal names the first that took part counts
 */
export function expandTemplate(
  template: string,
  groups: readonly (string | undefined)[],
  groupNames: readonly (string | undefined)[],
): string {
  if (!template.includes('$')) return template;
  return template.replace(NAME, (whole: string, braced: string | undefined, bare: string | undefined) => {
    if (whole === '$$') return '$';
    const name = braced ?? bare!;
    const number = groupNumber(name);
    if (number >= 0) return groups[number] ?? '';
    for (let i = 0; i < groupNames.length; i++)
      if (groupNames[i] === name && groups[i] !== undefined) return groups[i]!;
    return '';
  });
}
