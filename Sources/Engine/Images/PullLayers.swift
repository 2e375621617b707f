import Fault
import ImageStore
import JSON
import NIOCore
import OCI
import Registry

extension Pull {
    /// Brings the layers that aren't here. Each is unpacked into its own folder while it arrives, so that none waits
    /// for the one below it.
    func fetchLayers(_ layers: [(blob: Descriptor, diffID: Digest)], _ lease: Lease) async throws {
        var missing: [(blob: Descriptor, diffID: Digest)] = []
        var seen: Set<Digest> = []
        for layer in layers {
            if try await engine.images.hasLayer(diffID: layer.diffID, lease) {
                feed.post(ProgressMessage.state("Already exists", id: layer.blob.digest.short))
            } else {
                feed.post(ProgressMessage.state("Pulling fs layer", id: layer.blob.digest.short))
                if seen.insert(layer.diffID).inserted { missing.append(layer) }
            }
        }
        for layer in missing.dropFirst(Limit.layersAtOnce) {
            feed.post(ProgressMessage.state("Waiting", id: layer.blob.digest.short))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (position, layer) in missing.enumerated() {
                if position >= Limit.layersAtOnce { try await group.next() }
                group.addTask { try await self.fetchLayer(layer.blob, layer.diffID, lease) }
            }
            try await group.waitForAll()
        }
    }

    private func fetchLayer(_ blob: Descriptor, _ diffID: Digest, _ lease: Lease) async throws {
        let id = blob.digest.short
        if let ingest = try await engine.images.ingestLayer(blob, diffID: diffID, lease) {
            do {
                try await receive(blob, into: ingest)
                feed.post(ProgressMessage.state("Verifying Checksum", id: id))
                feed.post(ProgressMessage.state("Download complete", id: id))
                feed.post(ProgressMessage.state("Extracting", id: id, current: blob.size, total: blob.size))
                try await ingest.finish()
            } catch {
                await ingest.cancel()
                throw error
            }
        }
        feed.post(ProgressMessage.state("Pull complete", id: id))
    }

    private func receive(_ blob: Descriptor, into ingest: any LayerIngest) async throws {
        let id = blob.digest.short
        let next = try await engine.registry.blob(blob, of: reference, from: ingest.offset, credentials) {
            [feed] wait in
            guard wait >= 1_000 else { return }
            let seconds = (wait + 500) / 1_000
            feed.post(ProgressMessage.state("Retrying in \(seconds) second\(seconds == 1 ? "" : "s")", id: id))
        }
        var received = ingest.offset
        let throttle = ProgressThrottle()
        while let piece = try await next() {
            try Task.checkCancellation()
            try await ingest.write(piece)
            received += Int64(piece.readableBytes)
            if received == blob.size || throttle.isDue() {
                feed.post(ProgressMessage.state("Downloading", id: id, current: received, total: blob.size))
            }
        }
    }
}
