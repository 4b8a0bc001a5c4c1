/**
 * The name of the cluster. One that nobody configured is made up and yields: to a configured one, else to the larger text.
 * Source: nats-server server/route.go processRouteConnect, server/server.go setClusterName.
 */
export interface ClusterName {
  readonly name: string;
  readonly isDynamic: boolean;
}

export class ClusterNaming implements ClusterName {
  name: string;
  isDynamic: boolean;
  /** Told of a new name, and of the server whose connections stay. */
  private readonly onRenamed: (name: string, remoteId: string) => void;

  constructor(given: ClusterName, onRenamed: (name: string, remoteId: string) => void) {
    this.name = given.name;
    this.isDynamic = given.isDynamic;
    this.onRenamed = onRenamed;
  }

  /** Takes the other's name where this one must yield. True: the two do not go together. */
  yieldTo(other: ClusterName, remoteId: string): boolean {
    if (other.name === this.name) return false;
    if (!this.isDynamic || (other.isDynamic && other.name <= this.name)) return true;
    this.name = other.name;
    this.isDynamic = other.isDynamic;
    this.onRenamed(other.name, remoteId);
    return false;
  }
}
