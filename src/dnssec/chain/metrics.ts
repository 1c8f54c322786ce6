// What the chain of trust tells about its work. Must not throw.

export interface ChainMetrics {
  /** The upstream was asked for DS or DNSKEY records. */
  questionAsked(): void
}

export const noChainMetrics: ChainMetrics = { questionAsked() {} }
