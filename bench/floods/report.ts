import { dirname, join } from 'node:path'

export interface FloodReportFiles {
  readonly markdown: string
  readonly json: string
  readonly chart: string
}

export function reportFiles(markdown: string): FloodReportFiles {
  return {
    markdown,
    json: markdown.replace(/(?:\.md)?$/, '.json'),
    chart: join(dirname(markdown), 'img', 'floods.svg'),
  }
}
