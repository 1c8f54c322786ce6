// Markdown tables and the figures in them.

/** The first column to the left, all others to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'))
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

export const count = (value: number): string => value.toLocaleString('en')

export const milliseconds = (value: number): string => value.toFixed(value < 10 ? 1 : 0)

/** @param share from 0 to 1 */
export function percent(share: number): string {
  if (share === 0) return '0'
  const value = share * 100
  return value < 0.01 ? '< 0.01 %' : `${value.toFixed(2)} %`
}
