import { VALUE_TABLE } from '../values/value-table.ts'
import { schemaTables } from './all-messages.ts'
import { cborSample, jsonSample } from './schema-text.ts'
import type { Field } from './struct.ts'

/**
 * Writes the tables of docs/protocol.md between their marks `<!-- table: client submit -->` and `<!-- end -->`, and returns the new
 * document. Throws for a mark that names no table, and for a table that has no mark: nothing of the protocol is left unsaid.
 */
export function fillProtocolTables(document: string): string {
  const tables = allTables()
  const used = new Set<string>()
  const filled = document.replace(
    /(<!-- table: (.+?) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_whole, open: string, name: string, close: string) => {
      const table = tables.get(name)
      if (table === undefined) throw new Error(`docs/protocol.md: there is no table "${name}"; there are ${[...tables.keys()].join(', ')}`)
      used.add(name)
      return `${open}${table}\n${close}`
    },
  )
  for (const name of tables.keys()) if (!used.has(name)) throw new Error(`docs/protocol.md: the mark <!-- table: ${name} --> is missing`)
  return filled
}

function allTables(): ReadonlyMap<string, string> {
  const tables = new Map<string, string>()
  for (const { name, doc, struct } of schemaTables()) {
    const fields = struct.table
    const parts: string[] = []
    if (doc !== '') parts.push(doc)
    if (fields.length > 0) parts.push(table(['field', 'holds', 'meaning'], fields.map(fieldRow)))
    if (struct.rules.length > 0) parts.push(['Also:', ...struct.rules.map((rule) => `- ${escape(rule.text)}`)].join('\n'))
    tables.set(name, parts.join('\n\n'))
  }
  tables.set('values', table(['value', 'CBOR', 'for example', 'JSON, for example'], VALUE_TABLE.map(valueRow)))
  return tables
}

function fieldRow([name, { type, optional, doc }]: readonly [string, Field<unknown>]): readonly string[] {
  return [`\`${name}\`${optional ? ', optional' : ''}`, type.expected, doc]
}

function valueRow({ name, sample, cbor }: (typeof VALUE_TABLE)[number]): readonly string[] {
  return [name, cbor, `\`${cborSample(sample)}\``, `\`${jsonSample(sample)}\``]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escape).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** A bar would end the cell. */
function escape(text: string): string {
  return text.replaceAll('|', '\\|')
}
