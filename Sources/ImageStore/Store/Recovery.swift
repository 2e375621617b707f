import CLinux
import struct Crypto.SHA256
import Fault
import GRDB
import Linux
import NIOPosix
import OCI
import Synchronization

extension ImageStore {
    /// Removes what has no row, forgets rows whose files are gone, and unpacks again what the last power failure may
    /// have left incomplete. Partial blobs stay, so that the next pull resumes.
    func recover() throws {
        trash.empty()
        if guest != nil { return try removeStraySnapshots() }
        let rows = try database.read {
            try Row.fetchAll($0, sql: "SELECT diff, number, blob, unsynced_boot FROM layers")
        }
        let known = Set(rows.map { folders.layer($0["number"]) })
        nextLayer.withLock { $0 = rows.map { $0["number"] as Int64 }.max() ?? 0 }
        for name in try StoreFolders.names(in: folders.layers) where !known.contains(folders.layers + "/" + name) {
            try trash.discard(folders.layers + "/" + name)
        }
        for name in try StoreFolders.names(in: folders.ingest)
        where name.hasSuffix(".layer") || name.hasSuffix(".small") {
            try trash.discard(folders.ingest + "/" + name)
        }
        try removeStraySnapshots()
        for row in rows {
            let number: Int64 = row["number"]
            let boot: String? = row["unsynced_boot"]
            let isSuspect = boot.map { $0 != HostBoot.id } ?? false
            if isSuspect || access(folders.layer(number), F_OK) != 0 {
                try unpackAgain(row["diff"], number, blob: row["blob"])
            }
        }
    }

    private func removeStraySnapshots() throws {
        let known = Set(try database.read { try String.fetchAll($0, sql: "SELECT container FROM snapshots") })
        for name in try StoreFolders.names(in: folders.snapshots) where !known.contains(name) {
            try Mount.unmount(folders.snapshot(name) + "/merged")
            try trash.discard(folders.snapshot(name))
        }
    }

    /// The blob was synced before the row was written, so the layer can always be made of it.
    private func unpackAgain(_ diff: String, _ number: Int64, blob hex: String) throws {
        let folder = folders.layer(number)
        try trash.discard(folder)
        let place = folders.ingest + "/" + hex + ".layer"
        try trash.discard(place)
        try kernel("mkdir", place) { mkdir(place, 0o755) }
        let blob = try OwnedDescriptor.open(folders.blobs + "/" + hex, O_RDONLY)
        let unpacked = try SynchronousUnpack.run(blob, into: place)
        guard unpacked.hex == diff else {
            throw Fault(
                .internalFault,
                "image store is damaged: content \(hex.prefix(12)) doesn't unpack to layer \(diff.prefix(12))")
        }
        let file = try OwnedDescriptor.open(place, O_RDONLY | O_DIRECTORY)
        try kernel("syncfs", place) { syncfs(file.raw) }
        try kernel("rename", folder) { rename(place, folder) }
        try database.write {
            try $0.execute(sql: "UPDATE layers SET unsynced_boot = NULL WHERE diff = ?", arguments: [diff])
        }
    }

    /// Layers are usable before their files are on the disk, since they can be made again from their blobs: the disk
    /// catches up behind, and then the rows say so.
    func syncBehind() {
        guard
            isSyncing.withLock({ busy in
                defer { busy = true }
                return !busy
            })
        else { return }
        syncLane.enqueue { [self] in
            isSyncing.withLock { $0 = false }
            do {
                let numbers = try database.read {
                    try Int64.fetchAll($0, sql: "SELECT number FROM layers WHERE unsynced_boot IS NOT NULL")
                }
                guard !numbers.isEmpty else { return }
                let folder = try OwnedDescriptor.open(folders.layers, O_RDONLY | O_DIRECTORY)
                try kernel("syncfs", folders.layers) { syncfs(folder.raw) }
                try database.write { database in
                    for number in numbers {
                        try database.execute(
                            sql: "UPDATE layers SET unsynced_boot = NULL WHERE number = ?", arguments: [number])
                    }
                }
            } catch {
                // The rows go on saying "not yet": the layers are unpacked again after the next boot.
            }
        }
    }
}

extension ImageStore {
    /// Waits until the disk has caught up and what was removed is gone.
    package func settle() async {
        try? await syncLane.run {}
        await trash.settled()
    }
}

/// Unpacks on the calling thread; for recovery, when nothing else runs.
enum SynchronousUnpack {
    private final class Output: ByteOutput {
        var hash = SHA256()
        let reader: TarReader
        init(_ reader: TarReader) { self.reader = reader }
        func room() throws -> UnsafeMutableRawBufferPointer { pointer }
        func wrote(_ count: Int) throws {
            let bytes = UnsafeRawBufferPointer(rebasing: pointer.prefix(count))
            hash.update(bufferPointer: bytes)
            try reader.feed(bytes)
        }
        private let pointer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4_096)
        deinit { pointer.deallocate() }
    }

    static func run(_ blob: OwnedDescriptor, into folder: String) throws -> Digest {
        var options = TarExtractor.Options()
        options.whiteouts = true
        let extractor = try TarExtractor(into: folder, options)
        let output = Output(TarReader(extractor))
        let decompressor = DetectingDecompressor()
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = try kernel("read", "blob") { read(blob.raw, &chunk, chunk.count) }
            if count == 0 { break }
            try chunk.withUnsafeBytes {
                try decompressor.feed(UnsafeRawBufferPointer(rebasing: $0.prefix(count)), to: output)
            }
        }
        try decompressor.finish()
        try output.reader.finish()
        try extractor.finish()
        return Digest(hash: output.hash.finalize())
    }
}
