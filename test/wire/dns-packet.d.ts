// What the tests use of dns-packet, which brings no types.

declare module 'dns-packet' {
  interface Record {
    readonly name: string
    readonly type: string
    readonly data: unknown
  }
  interface Packet {
    readonly id: number
    readonly answers: readonly Record[]
  }
  export function decode(bytes: Buffer): Packet
  export function encode(packet: Packet): Uint8Array
}
