/** One series of an answer: its labels, and its samples as seconds and value. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly samples: readonly (readonly [seconds: number, value: number])[]
}

interface Answer {
  readonly status: 'success' | 'error'
  readonly error?: string
  readonly data?: unknown
}
interface QueryData {
  readonly result: readonly {
    readonly metric: Record<string, string>
    readonly value?: readonly [number, string]
    readonly values?: readonly [number, string][]
  }[]
}
export interface LiveRule {
  readonly name: string
  readonly type: 'recording' | 'alerting'
  readonly health: 'ok' | 'err' | 'unknown'
  readonly lastError?: string
}
export interface LiveTarget {
  readonly labels: Readonly<Record<string, string>>
  readonly health: 'up' | 'down' | 'unknown'
  readonly lastError: string
}

/** What a running Prometheus answers over HTTP (its API version 1). */
export class PrometheusApi {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  /** The newest value of every series of an expression. */
  async query(expression: string): Promise<readonly Series[]> {
    return seriesOf(await this.#get('query', { query: expression }))
  }

  /** Values at every `stepSeconds` from `start` to `end`, both in seconds since 1970. */
  async queryRange(expression: string, start: number, end: number, stepSeconds: number): Promise<readonly Series[]> {
    return seriesOf(
      await this.#get('query_range', { query: expression, start: String(start), end: String(end), step: String(stepSeconds) }),
    )
  }

  async rules(): Promise<readonly LiveRule[]> {
    const { groups } = (await this.#get('rules', {})) as { groups: readonly { rules: readonly LiveRule[] }[] }
    return groups.flatMap((group) => group.rules)
  }

  async targets(): Promise<readonly LiveTarget[]> {
    return ((await this.#get('targets', { state: 'active' })) as { activeTargets: readonly LiveTarget[] }).activeTargets
  }

  async #get(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`)
    const answer = (await response.json()) as Answer
    if (answer.status !== 'success') throw new Error(`${path} ${parameters['query'] ?? ''}: ${answer.error ?? response.status}`)
    return answer.data
  }
}

function seriesOf(data: unknown): readonly Series[] {
  return (data as QueryData).result.map(({ metric, value, values }) => ({
    labels: metric,
    samples: (values ?? (value === undefined ? [] : [value])).map(([seconds, text]) => [seconds, Number(text)] as const),
  }))
}
