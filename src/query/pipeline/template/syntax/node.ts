/**
 * The tree of a template, and how its nodes are printed in run-time errors.
 */
import { goQuote } from '../../../../../grammar/literals.ts';

/** `at`: offset into the template, in UTF-16 units. */
interface Positioned {
  readonly at: number;
}

export interface DotNode extends Positioned {
  readonly kind: 'dot';
}
export interface NilNode extends Positioned {
  readonly kind: 'nil';
}
export interface BoolNode extends Positioned {
  readonly kind: 'bool';
  readonly value: boolean;
}
export interface NumberNode extends Positioned {
  readonly kind: 'number';
  readonly text: string;
  /** Set if the constant is a whole number that fits int64. */
  readonly int: bigint | undefined;
  /** Set if the constant can be a float64. */
  readonly float: number | undefined;
  /** What it is without context: 1.0 is a float, 1 and 'a' are integers; a complex number is neither. */
  readonly ideal: 'int' | 'float' | 'overflow' | 'complex';
}
export interface StringNode extends Positioned {
  readonly kind: 'string';
  readonly quoted: string;
  readonly value: string;
}
/** `.a.b` */
export interface FieldNode extends Positioned {
  readonly kind: 'field';
  readonly names: readonly string[];
}
/** `$x.a`: the first name has its `$`. */
export interface VariableNode extends Positioned {
  readonly kind: 'variable';
  readonly names: readonly string[];
}
/** A function's name. */
export interface IdentifierNode extends Positioned {
  readonly kind: 'identifier';
  readonly name: string;
}
/** `(...).a` or `fn.a` */
export interface ChainNode extends Positioned {
  readonly kind: 'chain';
  readonly node: Operand;
  readonly names: readonly string[];
}
export interface CommandNode extends Positioned {
  readonly kind: 'command';
  readonly args: readonly Operand[];
}
export interface PipeNode extends Positioned {
  readonly kind: 'pipe';
  /** Names of the variables that take the value, with `$`. */
  readonly variables: readonly string[];
  readonly isAssign: boolean;
  readonly commands: readonly CommandNode[];
}

export type Operand =
  | DotNode
  | NilNode
  | BoolNode
  | NumberNode
  | StringNode
  | FieldNode
  | VariableNode
  | IdentifierNode
  | ChainNode
  | PipeNode;

export interface TextNode extends Positioned {
  readonly kind: 'text';
  readonly text: string;
}
export interface ActionNode extends Positioned {
  readonly kind: 'action';
  readonly pipe: PipeNode;
}
export interface BranchNode extends Positioned {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipe: PipeNode;
  readonly list: readonly Statement[];
  readonly elseList: readonly Statement[] | undefined;
}
export interface TemplateNode extends Positioned {
  readonly kind: 'template';
  readonly name: string;
  readonly pipe: PipeNode | undefined;
}
export interface LoopExitNode extends Positioned {
  readonly kind: 'break' | 'continue';
}

export type Statement = TextNode | ActionNode | BranchNode | TemplateNode | LoopExitNode;

/** Anything that a run-time error can point at. */
export type Located = Operand | CommandNode | TemplateNode;

/** A node as written in run-time errors: `div .x 0`. */
export function nodeText(node: Located): string {
  switch (node.kind) {
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(node.value);
    case 'number':
      return node.text;
    case 'string':
      return node.quoted;
    case 'field':
      return `.${node.names.join('.')}`;
    case 'variable':
      return node.names.join('.');
    case 'identifier':
      return node.name;
    case 'chain':
      return `${node.node.kind === 'pipe' ? `(${nodeText(node.node)})` : nodeText(node.node)}.${node.names.join('.')}`;
    case 'command':
      return node.args.map((arg) => (arg.kind === 'pipe' ? `(${nodeText(arg)})` : nodeText(arg))).join(' ');
    case 'pipe': {
      const variables =
        node.variables.length === 0 ? '' : `${node.variables.join(', ')} ${node.isAssign ? '=' : ':='} `;
      return variables + node.commands.map(nodeText).join(' | ');
    }
    case 'template':
      return `{{template ${goQuote(node.name)}${node.pipe === undefined ? '' : ` ${nodeText(node.pipe)}`}}}`;
  }
}
