import { goQuote, unquoteString } from '../../../../../grammar/literals.ts';
import { LogError } from '../../../../base/errors.ts';
import { parseConstant } from './constant.ts';
import { type CommandNode, nodeText, type Operand, type PipeNode } from './node.ts';
import { type Token, type TokenType, tokenText } from './token.ts';
import { TokenReader } from './token-reader.ts';

/** Nesting of parentheses and blocks; a template of the largest query would otherwise overflow the stack. */
const MAX_NESTING = 500;

/** What may start an operand. */
const OPERAND_TYPES: ReadonlySet<TokenType> = new Set([
  'bool',
  'charConstant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'rawString',
  'string',
  'variable',
  'leftParen',
]);

/**
 * Pipelines, commands and operands: everything inside `{{ }}` that is not a control word. Checks function and variable names.
 */
export class PipelineParser {
  protected readonly tokens: TokenReader;
  /** Variables in scope, with `$`. */
  protected variables: string[] = ['$'];
  /** Line on which the current action began; 0 outside. */
  protected actionLine = 0;
  readonly #name: string;
  readonly #hasFunction: (name: string) => boolean;
  #nesting = 0;

  /**
   * @param name of the template, for messages
   * @param hasFunction tells functions that exist
   */
  constructor(tokens: readonly Token[], name: string, hasFunction: (name: string) => boolean) {
    this.tokens = new TokenReader(tokens);
    this.#name = name;
    this.#hasFunction = hasFunction;
  }

  protected fail(message: string, line: number = this.tokens.lastLine()): never {
    throw new LogError('QUERY_INVALID', `template: ${this.#name}:${line}: ${message}`);
  }

  protected unexpected(token: Token, context: string): never {
    if (token.type !== 'error') this.fail(`unexpected ${tokenText(token)} in ${context}`, token.line);
    let extra = '';
    if (this.actionLine !== 0 && this.actionLine !== token.line) {
      // "unclosed action" reads on as "unclosed action started at".
      extra = `${token.text.endsWith(' action') ? '' : ' in action'} started at ${this.#name}:${this.actionLine}`;
    }
    this.fail(token.text + extra, token.line);
  }

  protected expect(type: TokenType, context: string): Token {
    const token = this.tokens.nextNonSpace();
    if (token.type !== type) this.unexpected(token, context);
    return token;
  }

  protected nested<T>(parse: () => T): T {
    this.#nesting++;
    if (this.#nesting > MAX_NESTING) this.fail('max expression depth exceeded');
    const result = parse();
    this.#nesting--;
    return result;
  }

  protected unquote(token: Token): string {
    try {
      return unquoteString(token.text);
    } catch (error) {
      return this.fail(error instanceof Error ? error.message : 'invalid syntax', token.line);
    }
  }

  /** Commands up to and with the token `end`. */
  protected pipeline(context: string, end: 'close' | 'rightParen'): PipeNode {
    const at = this.tokens.peekNonSpace().at;
    const declared: string[] = [];
    const isAssign = this.#declarations(context, declared);
    const commands: CommandNode[] = [];
    for (;;) {
      const mark = this.tokens.mark;
      const token = this.tokens.nextNonSpace();
      if (token.type === end) {
        this.#checkPipeline(commands, context);
        return { kind: 'pipe', at, variables: declared, isAssign, commands };
      }
      if (!OPERAND_TYPES.has(token.type) && !(token.type === 'keyword' && token.text === 'nil'))
        this.unexpected(token, context);
      this.tokens.rewind(mark);
      commands.push(this.#command());
    }
  }

  /** `$x :=`, `$x =`, `$i, $e :=`. @returns whether it assigns to variables that exist */
  #declarations(context: string, declared: string[]): boolean {
    for (;;) {
      const mark = this.tokens.mark;
      const variable = this.tokens.peekNonSpace();
      if (variable.type !== 'variable') return false;
      this.tokens.next();
      const next = this.tokens.peekNonSpace();
      if (next.type === 'assign' || next.type === 'declare') {
        this.tokens.next();
        declared.push(variable.text);
        this.variables.push(variable.text);
        return next.type === 'assign';
      }
      if (next.type !== 'char' || next.text !== ',') {
        this.tokens.rewind(mark);
        return false;
      }
      this.tokens.next();
      declared.push(variable.text);
      this.variables.push(variable.text);
      if (context !== 'range' || declared.length > 1) this.fail(`too many declarations in ${context}`);
      const second = this.tokens.peekNonSpace().type;
      if (second !== 'variable' && second !== 'close' && second !== 'rightParen')
        this.fail('range can only initialize variables');
    }
  }

  #checkPipeline(commands: readonly CommandNode[], context: string): void {
    if (commands.length === 0) this.fail(`missing value for ${context}`);
    for (const [index, command] of commands.entries()) {
      const kind = command.args[0]?.kind;
      const isConstant = kind === 'bool' || kind === 'dot' || kind === 'nil' || kind === 'number' || kind === 'string';
      if (index > 0 && isConstant) this.fail(`non executable command in pipeline stage ${index + 1}`);
    }
  }

  #command(): CommandNode {
    const at = this.tokens.peekNonSpace().at;
    const args: Operand[] = [];
    for (;;) {
      this.tokens.skipSpace();
      const operand = this.#operand();
      if (operand !== undefined) args.push(operand);
      const mark = this.tokens.mark;
      const token = this.tokens.next();
      if (token.type === 'space') continue;
      if (token.type === 'close' || token.type === 'rightParen') this.tokens.rewind(mark);
      else if (token.type !== 'pipe') this.unexpected(token, 'operand');
      break;
    }
    if (args.length === 0) this.fail('empty command');
    return { kind: 'command', at, args };
  }

  #operand(): Operand | undefined {
    const node = this.#term();
    if (node === undefined || !this.tokens.peekIs('field')) return node;
    const at = this.tokens.peek().at;
    const names: string[] = [];
    while (this.tokens.peekIs('field')) names.push(this.tokens.next().text.slice(1));
    switch (node.kind) {
      case 'field':
      case 'variable':
        return { ...node, at, names: [...node.names, ...names] };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.fail(`unexpected . after term ${goQuote(nodeText(node))}`);
      default:
        return { kind: 'chain', at, node, names };
    }
  }

  #term(): Operand | undefined {
    const mark = this.tokens.mark;
    const token = this.tokens.nextNonSpace();
    const { at, text } = token;
    switch (token.type) {
      case 'identifier':
        if (!this.#hasFunction(text)) this.fail(`function ${goQuote(text)} not defined`, token.line);
        return { kind: 'identifier', at, name: text };
      case 'dot':
        return { kind: 'dot', at };
      case 'field':
        return { kind: 'field', at, names: [text.slice(1)] };
      case 'bool':
        return { kind: 'bool', at, value: text === 'true' };
      case 'variable':
        if (!this.variables.includes(text)) this.fail(`undefined variable ${goQuote(text)}`, token.line);
        return { kind: 'variable', at, names: [text] };
      case 'charConstant':
      case 'complex':
      case 'number':
        return this.#constant(token);
      case 'leftParen':
        return this.nested(() => this.pipeline('parenthesized pipeline', 'rightParen'));
      case 'string':
      case 'rawString':
        return { kind: 'string', at, quoted: text, value: this.unquote(token) };
      default:
        if (token.type === 'keyword' && text === 'nil') return { kind: 'nil', at };
        this.tokens.rewind(mark);
        return undefined;
    }
  }

  #constant(token: Token): Operand {
    try {
      return parseConstant(token.text, token.at);
    } catch (error) {
      return this.fail(error instanceof Error ? error.message : 'illegal number syntax', token.line);
    }
  }
}
