import OCI
import Synchronization

/// While it lives, garbage collection spares what was looked up or ingested under it. Ends with its last reference.
package final class Lease: Sendable {
    private let pins: Pins
    private let held = Mutex<Set<Digest>>([])

    init(_ pins: Pins) { self.pins = pins }

    deinit { pins.release(held.withLock { $0 }) }

    func hold(_ digest: Digest) {
        if held.withLock({ $0.insert(digest).inserted }) { pins.pin(digest) }
    }
}

/// Layers and blobs that somebody counts on although no image names them yet.
final class Pins: Sendable {
    private let counts = Mutex<[Digest: Int]>([:])

    func pin(_ digest: Digest) { counts.withLock { $0[digest, default: 0] += 1 } }

    func release(_ digests: Set<Digest>) {
        counts.withLock { counts in
            for digest in digests {
                guard let count = counts[digest] else { continue }
                counts[digest] = count > 1 ? count - 1 : nil
            }
        }
    }

    func holds(_ digest: Digest) -> Bool { counts.withLock { $0[digest] != nil } }
}

/// One ingest of a layer at a time; others wait for it and then find the layer there.
actor IngestGate {
    private var busy: [Digest: [CheckedContinuation<Void, Never>]] = [:]

    func enter(_ digest: Digest) async {
        while busy[digest] != nil {
            await withCheckedContinuation { busy[digest, default: []].append($0) }
        }
        busy[digest] = []
    }

    func leave(_ digest: Digest) {
        for waiter in busy.removeValue(forKey: digest) ?? [] { waiter.resume() }
    }
}
