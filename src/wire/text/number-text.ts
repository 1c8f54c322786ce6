/** @returns an unsigned decimal number up to `max`, or null; signs and blanks are not taken */
export function parseNumber(text: string, max: number): number | null {
  if (!/^\d{1,10}$/.test(text)) return null
  const number = Number(text)
  return number <= max ? number : null
}
