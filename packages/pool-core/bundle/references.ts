/** A node of a syntax tree, of which only what all have in common is known. */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

/** Where an imported name is used as a value. */
export interface Reference {
  readonly name: string
  readonly start: number
  readonly end: number
  /** As in `{ name }`: it stands for the key, too. */
  readonly isShorthand: boolean
  /** As in `new name()`: a call in its place must stand in brackets. (Elsewhere it must not: they would continue the line before.) */
  readonly isConstructed: boolean
  /** Not within a function: it is used while the module is evaluated. */
  readonly isAtOnce: boolean
}

/** Wrappers of TypeScript around an expression; all else of TypeScript is types. */
const TYPED_EXPRESSIONS: ReadonlySet<string> = new Set([
  'TSAsExpression',
  'TSInstantiationExpression',
  'TSNonNullExpression',
  'TSSatisfiesExpression',
  'TSTypeAssertion',
])

const FUNCTIONS: ReadonlySet<string> = new Set(['ArrowFunctionExpression', 'FunctionDeclaration', 'FunctionExpression'])

/** All uses of these names as values. Scopes are not told apart: nothing else in the module may have one of the names. */
export function references(program: SyntaxNode, names: ReadonlySet<string>): Reference[] {
  const found: Reference[] = []
  const visit = (node: SyntaxNode, isAtOnce: boolean, isConstructed = false): void => {
    if (node.type === 'ImportDeclaration') return
    if (node.type.startsWith('TS')) {
      if (TYPED_EXPRESSIONS.has(node.type)) visit(node['expression'] as SyntaxNode, isAtOnce)
      return
    }
    if (node.type === 'Identifier') {
      if (names.has(node['name'] as string))
        found.push({ ...place(node), name: node['name'] as string, isShorthand: false, isConstructed, isAtOnce })
      return
    }
    if (node.type === 'Property' && node['shorthand'] === true) {
      const key = node['key'] as SyntaxNode
      const name = key['name'] as string
      if (names.has(name)) found.push({ ...place(key), name, isShorthand: true, isConstructed: false, isAtOnce })
      else visit(node['value'] as SyntaxNode, isAtOnce)
      return
    }
    const isInside = FUNCTIONS.has(node.type) || (node.type === 'PropertyDefinition' && node['static'] !== true)
    for (const child of children(node)) visit(child, isAtOnce && !isInside, node.type === 'NewExpression' && child === node['callee'])
  }
  visit(program, true)
  return found
}

function place({ start, end }: SyntaxNode): { readonly start: number; readonly end: number } {
  return { start, end }
}

/** The nodes within a node, without names that are not bound anywhere: of properties, methods and labels. */
function children(node: SyntaxNode): SyntaxNode[] {
  const nodes: SyntaxNode[] = []
  for (const [field, value] of Object.entries(node)) {
    const isName = field === 'key' || (field === 'property' && node.type === 'MemberExpression')
    if ((isName && node['computed'] !== true) || field === 'label' || field === 'implements') continue
    for (const each of Array.isArray(value) ? value : [value]) if (isNode(each)) nodes.push(each)
  }
  return nodes
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string'
}

/** All private names, `#` and all, in order. */
export function privateNames(program: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = []
  const visit = (node: SyntaxNode): void => {
    if (node.type === 'PrivateIdentifier') found.push(node)
    for (const value of Object.values(node)) for (const each of Array.isArray(value) ? value : [value]) if (isNode(each)) visit(each)
  }
  visit(program)
  return found.toSorted((a, b) => a.start - b.start)
}
