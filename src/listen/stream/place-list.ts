// Places of connections in the order in which they came to be as they are, the oldest first. Linked
// through the places themselves: connections change lists with every query.

import type { Place } from './place.ts'

export class PlaceList {
  first: Place | null = null
  last: Place | null = null

  append(place: Place): void {
    place.older = this.last
    place.newer = null
    if (this.last === null) this.first = place
    else this.last.newer = place
    this.last = place
  }

  remove(place: Place): void {
    if (place.older === null) this.first = place.newer
    else place.older.newer = place.newer
    if (place.newer === null) this.last = place.older
    else place.newer.older = place.older
    place.older = null
    place.newer = null
  }
}
