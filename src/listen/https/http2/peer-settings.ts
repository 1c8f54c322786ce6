// What the client's SETTINGS frames say (RFC 9113 §6.5).

import { readUint32 } from '../../../wire/header.ts'
import { DEFAULT_TABLE_SIZE } from './dynamic-table.ts'
import { ErrorCode, INITIAL_WINDOW, MAX_FRAME_LENGTH, MAX_WINDOW, Setting } from './protocol.ts'

const MAX_FRAME_LENGTH_LIMIT = 0xff_ffff

/** Octets of one setting. */
export const SETTING_LENGTH = 6

export class PeerSettings {
  /** Where the window of each new stream begins. */
  initialWindow = INITIAL_WINDOW
  /** The smallest table for fields that was asked for in the last frame; what a frame leaves out stays. */
  tableSize = DEFAULT_TABLE_SIZE

  /** Takes a frame whose length is right. @returns what is wrong with it */
  apply(bytes: Uint8Array, start: number, length: number): ErrorCode {
    for (let at = start; at < start + length; at += SETTING_LENGTH) {
      const id = (bytes[at]! << 8) | bytes[at + 1]!
      const value = readUint32(bytes, at + 2)
      if (id === Setting.InitialWindowSize) {
        if (value > MAX_WINDOW) return ErrorCode.FlowControlError
        this.initialWindow = value
      } else if (id === Setting.HeaderTableSize) {
        this.tableSize = Math.min(this.tableSize, value)
      } else if (id === Setting.EnablePush) {
        if (value > 1) return ErrorCode.ProtocolError
      } else if (id === Setting.MaxFrameSize) {
        // Ours are never larger than the least that there is, so that it is enough to look.
        if (value < MAX_FRAME_LENGTH || value > MAX_FRAME_LENGTH_LIMIT) {
          return ErrorCode.ProtocolError
        }
      }
    }
    return ErrorCode.NoError
  }
}
