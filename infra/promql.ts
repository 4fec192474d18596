import { parser } from '@prometheus-io/lezer-promql'

/** One `metric{label="value"}` of an expression. */
export interface Selector {
  readonly metric: string
  readonly labels: readonly string[]
}

/** What an expression asks for. */
export interface Query {
  readonly selectors: readonly Selector[]
  /** Labels of its `by`, `without`, `on` and `ignoring`. */
  readonly groupings: readonly string[]
}

/**
 * Metrics and labels that a PromQL expression names, read with Prometheus's own grammar for editors.
 * @throws Error that shows the place where the expression does not parse.
 */
export function readQuery(expression: string): Query {
  const selectors: { metric: string; labels: string[] }[] = []
  const groupings: string[] = []
  parser.parse(expression).iterate({
    enter(node) {
      const text = expression.slice(node.from, node.to)
      const parent = node.node.parent?.name
      if (node.type.isError)
        throw new Error(`does not parse at ${node.from}: ${expression.slice(0, node.from)}⟨here⟩${expression.slice(node.from)}`)
      if (node.name === 'VectorSelector') selectors.push({ metric: '', labels: [] })
      const selector = selectors.at(-1)
      if (node.name === 'Identifier' && parent === 'VectorSelector' && selector !== undefined) selector.metric = text
      if (node.name === 'LabelName' && parent === 'GroupingLabels') groupings.push(text)
      else if (node.name === 'LabelName') selector?.labels.push(text)
    },
  })
  return { selectors, groupings }
}

/** An expression of a Grafana panel, with Grafana's own variables replaced as Grafana would. */
export function withoutGrafanaVariables(expression: string): string {
  const replaced = expression
    .replaceAll('$__rate_interval', '10s')
    .replaceAll('$__range', '15m')
    .replaceAll(/\$(job|pool)\b/g, '.*')
  const left = /\$\w+|\$\{/.exec(replaced)
  if (left !== null) throw new Error(`${left[0]}: no such variable is replaced, in ${expression}`)
  return replaced
}
